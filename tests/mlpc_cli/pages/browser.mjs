// Opens pages from a disk in one Chromium, at two widths, light and dark, and goes through their stories.
// node browser.mjs PACKAGES CHROMIUM JSON: {"pages": [{"file", "story"}], "pictures": FOLDER or null}; what was seen is printed as JSON.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";

const [packages, executablePath, json] = process.argv.slice(2);
const given = JSON.parse(json);
const require = createRequire(join(packages, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function opened(file, options) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("request", (request) => asked.push(request.url()));
  await page.goto(`file://${file}`);
  return { context, page, said, asked };
}

async function looks(file) {
  const found = [];
  for (const [width, height] of [[1280, 900], [390, 844]]) {
    const { context, page, said, asked } = await opened(file, { viewport: { width, height } });
    for (const colorScheme of ["light", "dark"]) {
      await page.emulateMedia({ colorScheme });
      const name = `${basename(file, ".html")}-${width}-${colorScheme}.png`;
      if (given.pictures) await page.screenshot({ path: join(given.pictures, name), fullPage: true });
      const back = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      // What axe asks about colours hangs on the scheme, all else on the width: two of the four say it all.
      let violations = [];
      if ((width === 1280) === (colorScheme === "light")) {
        await page.evaluate(axe);
        ({ violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] })));
      }
      found.push({
        width,
        colorScheme,
        back,
        wide,
        violations: violations.map((each) => `${each.id}: ${each.nodes[0].html}`),
      });
    }
    await page.emulateMedia({ media: "print", colorScheme: "dark" });
    const printed = await page.evaluate(() => {
      const { color, backgroundColor } = getComputedStyle(document.body);
      return [color, backgroundColor, getComputedStyle(document.documentElement).colorScheme];
    });
    found.push({ width, printed, said, asked: asked.length });
    await context.close();
  }
  return found;
}

const stories = {
  // The picture of a pipeline, with the keyboard, a mouse and two fingers.
  async graph(file) {
    const { context, page, said } = await opened(file, { viewport: { width: 1280, height: 900 }, hasTouch: true });
    const active = () =>
      page.evaluate(() => {
        const each = document.activeElement;
        return each.id || each.querySelector?.(".name")?.textContent.trim() || each.textContent.trim();
      });
    const open = () => page.evaluate(() => document.querySelector("#details:not([hidden]) > article:not([hidden]) h2")?.textContent ?? "");
    const view = () => page.evaluate(() => document.querySelector("#canvas svg").getAttribute("viewBox").split(" ").map(Number));
    const found = { spoken: await page.locator("#canvas").ariaSnapshot(), listed: await page.locator("#steps").ariaSnapshot() };

    // Tab comes to the picture once, the arrows go on, Enter tells more, Escape comes back.
    await page.focus("#fit");
    const tabs = [];
    for (let count = 0; count < 60 && !(await page.evaluate(() => document.activeElement.matches("svg [data-id]"))); count += 1) {
      await page.keyboard.press("Tab");
    }
    tabs.push(await active());
    for (const key of given.keys) {
      await page.keyboard.press(key);
      tabs.push(await active());
    }
    found.tabs = tabs;
    await page.keyboard.press("Enter");
    found.opened = [await open(), await active()];
    await page.keyboard.press("Escape");
    found.closed = [await open(), await active()];
    await page.keyboard.press("Enter");
    await page.keyboard.press("Tab");
    await page.keyboard.press("Enter");
    found.followed = await open();
    await page.keyboard.press("Escape");

    // Searching.
    await page.keyboard.press("/");
    await page.keyboard.type("ACCURACY");
    found.search = { count: await page.textContent("#found"), shown: await page.locator("#steps li:visible b").allTextContents() };
    await page.keyboard.press("Enter");
    found.search.opened = await open();
    await page.focus("#search");
    await page.keyboard.press("Escape");
    found.search.after = [await page.inputValue("#search"), await page.locator("#steps li:visible").count()];
    await page.focus("#details");
    await page.keyboard.press("Escape");
    await page.waitForTimeout(50);

    // Zooming and moving, by buttons, keys, wheel and mouse.
    const before = await view();
    await page.click("#in");
    const nearer = await view();
    await page.click("#fit");
    const again = await view();
    const box = await page.locator("#canvas").boundingBox();
    await page.mouse.move(box.x + 20, box.y + 20);
    await page.mouse.wheel(0, -400);
    await page.waitForTimeout(50);
    const wheeled = await view();
    await page.mouse.down();
    await page.mouse.move(box.x + 120, box.y + 70, { steps: 4 });
    await page.mouse.up();
    found.views = { before, nearer, again, wheeled, moved: await view(), chosen: await open() };
    // What is told of a step takes room from the picture, and leaves its scale as it is.
    const scales = [await page.textContent("#zoom")];
    await page.locator("#steps [data-go]").last().click();
    await page.waitForTimeout(50);
    scales.push(await page.textContent("#zoom"));
    await page.keyboard.press("Escape");
    await page.waitForTimeout(50);
    found.scales = [...scales, await page.textContent("#zoom")];
    await page.click("#fit");
    await page.locator("#canvas [data-id]").nth(2).click();
    found.clicked = [await open(), await page.locator("#canvas [aria-pressed=true] .name").allTextContents()];
    const { violations } = await (async () => {
      await page.evaluate(axe);
      return page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
    })();
    found.violations = violations.map((each) => `${each.id}: ${each.nodes[0].html}`);
    found.said = said;
    await context.close();

    // Without scripts everything can be read.
    const bare = await opened(file, { viewport: { width: 1280, height: 900 }, javaScriptEnabled: false });
    found.bare = await bare.page.locator("article:visible").count();
    await bare.context.close();
    return found;
  },
};

try {
  const told = {};
  for (const { file, story } of given.pages) {
    told[basename(file)] = { looks: await looks(file), ...(story ? { story: await stories[story](file) } : {}) };
  }
  console.log(JSON.stringify(told));
} finally {
  await browser.close();
}
