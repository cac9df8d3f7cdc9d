// How long a browser takes to the first prediction: our page, and a page that does nothing but ask onnxruntime-web.
//
// node first_prediction.mjs PACKAGES CHROMIUM JSON: {ours, plain, rounds}, two folders that are served side by side. Each visit is that
// of a new visitor; a page says that it is done by an attribute of `html`. What is printed is JSON: milliseconds, round by round.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join } from "node:path";

const [packages, executablePath, json] = process.argv.slice(2);
const given = JSON.parse(json);
const { chromium } = createRequire(join(packages, "package.json"))("playwright-core");
const TYPES = { ".html": "text/html", ".js": "text/javascript", ".mjs": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml" };

const server = createServer((request, response) => {
  const [, which, ...rest] = new URL(request.url, "http://x").pathname.split("/");
  try {
    const inside = rest.join("/") || "index.html";
    const content = readFileSync(join(given[which], inside));
    response.writeHead(200, { "content-type": TYPES[extname(inside)] ?? "application/octet-stream" });
    response.end(content);
  } catch {
    response.writeHead(404);
    response.end();
  }
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function visit(which) {
  const context = await browser.newContext({ serviceWorkers: "block" });
  await context.addInitScript(() => {
    const told = () => "started" in document.documentElement.dataset && performance.mark("started");
    new MutationObserver(told).observe(document, { subtree: true, attributeFilter: ["data-started"] });
  });
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${server.address().port}/${which}/`);
  await page.waitForSelector("html[data-started]", { timeout: 60000 });
  // From the begin of the visit, on the browser's own clock.
  const took = await page.evaluate(() => performance.getEntriesByName("started")[0].startTime);
  await context.close();
  return took;
}

const found = { ours: [], plain: [] };
await visit("ours");
await visit("plain");
for (let round = 0; round < given.rounds; round += 1) {
  for (const which of round % 2 ? ["ours", "plain"] : ["plain", "ours"]) found[which].push(await visit(which));
}
await browser.close();
server.close();
console.log(JSON.stringify(found));
