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
    const printed = await page.evaluate(() => getComputedStyle(document.body).color);
    found.push({ width, printed, said, asked: asked.length });
    await context.close();
  }
  return found;
}

const stories = {};

try {
  const told = {};
  for (const { file, story } of given.pages) {
    told[basename(file)] = { looks: await looks(file), ...(story ? { story: await stories[story](file) } : {}) };
  }
  console.log(JSON.stringify(told));
} finally {
  await browser.close();
}
