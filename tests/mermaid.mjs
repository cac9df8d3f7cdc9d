// Draws flowcharts by Mermaid's own bundle in Chromium: JSON with their texts comes in, JSON with the texts of their nodes goes out.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";

const [packages, executablePath, bundle] = process.argv.slice(2);
const { chromium } = createRequire(join(packages, "package.json"))("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
try {
  const page = await browser.newPage();
  await page.setContent("<!doctype html><title>Mermaid</title><body></body>");
  await page.addScriptTag({ path: bundle });
  const found = await page.evaluate(async (texts) => {
    mermaid.initialize({ startOnLoad: false, securityLevel: "strict" });
    const told = [];
    for (const [number, text] of texts.entries()) {
      try {
        await mermaid.parse(text);
        const { svg } = await mermaid.render(`drawn${number}`, text);
        const page = new DOMParser().parseFromString(svg, "text/html");
        told.push([...page.querySelectorAll(".node .nodeLabel")].map((each) => each.innerHTML.split(/<br ?\/?>/).map((line) => {
          const shown = document.createElement("p");
          shown.innerHTML = line;
          return shown.textContent.trim();
        }).join("\n")).sort());
      } catch (error) {
        told.push(String(error.message ?? error));
      }
    }
    return told;
  }, JSON.parse(readFileSync(0, "utf8")));
  console.log(JSON.stringify(found));
} finally {
  await browser.close();
}
