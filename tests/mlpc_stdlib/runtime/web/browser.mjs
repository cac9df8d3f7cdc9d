// Serves a site below a folder, as any file server would, and goes through a story in Chromium. SITE may be an address as well.
// node browser.mjs PACKAGES CHROMIUM SITE STORY JSON: what was seen is printed as JSON.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

const [packages, executablePath, site, story, json] = process.argv.slice(2);
const given = JSON.parse(json);
const require = createRequire(join(packages, "package.json"));
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const TYPES = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };
const BASE = "/some/where/";
const server = createServer((request, response) => {
  const path = new URL(request.url, "http://x").pathname;
  try {
    if (!path.startsWith(BASE)) throw new Error("outside");
    const inside = path.slice(BASE.length) || "index.html";
    const content = readFileSync(join(site, inside));
    response.writeHead(200, { "content-type": TYPES[extname(inside)] ?? "application/octet-stream" });
    response.end(content);
  } catch {
    response.writeHead(404);
    response.end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const url = site.startsWith("http:") ? `${site}/` : `http://127.0.0.1:${server.address().port}${BASE}`;
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function opened(options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, ...options });
  const page = await context.newPage();
  const said = [];
  const asked = [];
  page.on("console", (message) => said.push(`${message.type()}: ${message.text()}`));
  page.on("pageerror", (error) => said.push(`error: ${error.message}`));
  page.on("request", (request) => asked.push(request.url()));
  return { context, page, said, asked };
}

const started = (page) => page.waitForSelector("html[data-started]", { timeout: 60000 });

// What is shown: the headline, and the length of each bar, which is the score to its last digit.
function shown(page) {
  return page.evaluate(() => ({
    state: document.getElementById("main").dataset.state,
    text: document.getElementById("state").textContent,
    headline: document.getElementById("headline").textContent,
    names: [...document.querySelectorAll("#bars .name")].map((each) => each.textContent),
    scores: [...document.querySelectorAll("#bars i")].map((each) => Number(each.style.transform.slice(7, -1))),
  }));
}

const asks = (page) => page.evaluate(() => Number(document.getElementById("main").dataset.asked));

// Let the page judge what it was given since, and wait until it has.
async function judged(page, change) {
  const before = await asks(page);
  await change();
  await page.waitForFunction((count) => Number(document.getElementById("main").dataset.asked) > count, before);
  await page.waitForTimeout(150);
  return shown(page);
}

function fill(page, row) {
  return page.evaluate((values) => {
    values.forEach((value, index) => {
      const entry = document.getElementById(`f${index}`);
      if (entry.type === "checkbox") entry.checked = value === "1";
      else if (entry.tagName === "SELECT") entry.selectedIndex = [...entry.options].findIndex((each) => each.text === value);
      else entry.value = value;
    });
    document.getElementById("form").requestSubmit();
  }, row);
}

async function draw(page, strokes) {
  const box = await (await page.$("#pad")).boundingBox();
  const at = ([x, y]) => [box.x + x * box.width, box.y + y * box.height];
  await page.click("#clear");
  for (const [first, ...rest] of strokes) {
    await page.mouse.move(...at(first));
    await page.mouse.down();
    for (const point of rest) await page.mouse.move(...at(point), { steps: 4 });
    await page.mouse.up();
  }
}

const stories = {
  // Rows through the form, one after the other.
  async rows() {
    const { page, said, asked } = await opened();
    await page.goto(url);
    await started(page);
    const first = await shown(page);
    const answers = [];
    for (const row of given.rows) answers.push(await judged(page, () => fill(page, row)));
    return { first, answers, said, elsewhere: asked.filter((each) => !each.startsWith(url) && !each.startsWith("data:")) };
  },

  // Phone and desktop, light and dark: what axe says, whether anything is wider than the window, and a picture of each.
  async looks() {
    const found = [];
    for (const [width, height] of [[390, 844], [1280, 900]]) {
      for (const colorScheme of ["light", "dark"]) {
        const { context, page } = await opened({ viewport: { width, height }, colorScheme });
        await page.goto(url);
        await started(page);
        if (given.strokes) await judged(page, () => draw(page, given.strokes));
        await page.waitForTimeout(400);
        if (given.pictures) await page.screenshot({ path: join(given.pictures, `${width}-${colorScheme}.png`) });
        await page.evaluate(axe);
        const { violations } = await page.evaluate(() => window.axe.run({ resultTypes: ["violations"] }));
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
        found.push({ width, colorScheme, wide, violations: violations.map((each) => `${each.id}: ${each.nodes[0].html}`) });
        await context.close();
      }
    }
    return { found };
  },

  // Loaded once, then without a server.
  async offline() {
    const { context, page, said } = await opened();
    await page.goto(url);
    await page.waitForSelector("html[data-offline]", { timeout: 60000 });
    await page.waitForFunction(() => navigator.serviceWorker.controller !== null);
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
    await context.setOffline(true);
    await page.reload();
    await started(page);
    return { ...(await shown(page)), said };
  },

  // With the keyboard alone.
  async keyboard() {
    const { page } = await opened();
    await page.goto(url);
    await started(page);
    const steps = [];
    if (given.row) {
      await page.focus("#f0");
      for (const value of given.row) {
        await page.keyboard.press("Control+A");
        await page.keyboard.type(value);
        await page.keyboard.press("Tab");
      }
      steps.push(await judged(page, () => page.keyboard.press("Enter")));
      await page.focus("#f0");
      await page.keyboard.press("Control+A");
      steps.push(await judged(page, () => page.keyboard.type("-1")));
      const wrong = await page.evaluate(() => {
        const field = document.getElementById("f0");
        return [field.getAttribute("aria-invalid"), document.getElementById(field.getAttribute("aria-describedby")).textContent];
      });
      await page.waitForTimeout(800);
      return { steps, wrong, spoken: await page.textContent("#spoken") };
    }
    await page.focus("#pad");
    for (const key of given.keys) await page.keyboard.press(key);
    await page.waitForTimeout(300);
    return shown(page);
  },

  // A form filled in with keys alone, field after field: what it holds then, what it says, and what is said of what does not fit.
  async keys() {
    const { page, said } = await opened();
    await page.goto(url);
    await started(page);
    await page.click("#clear");
    const cleared = await shown(page);
    await page.focus("#f0");
    for (const keys of given.keys) {
      for (const key of keys) await (/^(Arrow.*| )$/.test(key) ? page.keyboard.press(key) : page.keyboard.type(key));
      await page.keyboard.press("Tab");
    }
    const answer = await judged(page, () => page.keyboard.press("Enter"));
    const held = await page.evaluate(() =>
      [...document.querySelectorAll("#form :is(input, select)")].map((each) =>
        each.type === "checkbox" ? String(each.checked) : each.selectedOptions ? each.selectedOptions[0].text : each.value,
      ),
    );
    const refused = [];
    for (const [id, value] of given.wrong) {
      await judged(page, () => page.fill(`#${id}`, value));
      refused.push(await page.textContent(`#${id}e`));
    }
    return { cleared, answer, held, refused, said };
  },

  // Drawings, and what each comes to.
  async drawings() {
    const { page, said } = await opened();
    await page.goto(url);
    await started(page);
    const answers = [];
    for (const strokes of given.drawings) {
      answers.push(await judged(page, () => draw(page, strokes)));
    }
    return { answers, said };
  },

  // A picture from a file.
  async picture() {
    const { page, said } = await opened();
    await page.goto(url);
    await started(page);
    const answer = await judged(page, () => page.setInputFiles("#file", given.file));
    return { ...answer, said };
  },

  // From a disk, without a server.
  async file() {
    const { page } = await opened();
    await page.goto(`file://${join(site, "index.html")}`);
    await page.waitForTimeout(3200);
    return { told: await page.isVisible(".unopened"), title: await page.title(), html: await page.content() };
  },

  // A file that was changed on the way, one after the other: what is said, and whether the page starts all the same.
  async changed() {
    const found = {};
    for (const part of given.parts) {
      const { context, page, said } = await opened();
      await page.route(`**/${part}*`, async (route) => {
        const answer = await route.fetch();
        const body = Buffer.from(await answer.body());
        body[body.length - 9] ^= 1;
        await route.fulfill({ response: answer, body });
      });
      await page.goto(url);
      for (let waited = 0; waited < 100 && !said.some((line) => line.includes("integrity")); waited += 1) {
        await page.waitForTimeout(100);
      }
      await page.waitForTimeout(300);
      found[part] = { said, started: (await page.$("html[data-started]")) !== null };
      await context.close();
    }
    return found;
  },
};

try {
  console.log(JSON.stringify(await stories[story]()));
} finally {
  await browser.close();
  server.closeAllConnections();
  server.close();
}
