// A person in VS Code, in a browser: in_vscode.mjs PACKAGES CHROMIUM PORT FOLDER PICTURES
// Prints what was seen, as an object.
import { createRequire } from "node:module";
import { join } from "node:path";

const [packages, executablePath, port, folder, pictures] = process.argv.slice(2);
const { chromium } = createRequire(join(packages, "node_modules/"))("playwright-core");
const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });
const page = await browser.newPage({ viewport: { width: 1400, height: 900 } });
page.setDefaultTimeout(90_000);
const seen = {};
const picture = (name) => page.screenshot({ path: join(pictures, `${name}.png`) });
const text = async () => (await page.locator(".view-lines").first().innerText()).replaceAll("\u00a0", " ");

async function command(title) {
  await page.keyboard.press("F1");
  await page.locator(".quick-input-widget input").fill(`>${title}`);
  await page.locator(".quick-input-list .monaco-list-row").first().waitFor();
  await page.keyboard.press("Enter");
}

try {
  const open = [["openFile", `vscode-remote://127.0.0.1:${port}${folder}/main.mlp`]];
  await page.goto(`http://127.0.0.1:${port}/?folder=${folder}&payload=${encodeURIComponent(JSON.stringify(open))}`);

  // A mistake is shown where it is, and lenses stand above what can be run.
  await page.locator(".squiggly-error").first().waitFor();
  await page.locator(".codelens-decoration a", { hasText: "Check" }).first().waitFor();
  seen.lenses = await page.locator(".codelens-decoration a").allInnerTexts();
  seen.before = await text();
  await picture("mistake");

  // A lens runs the command, in a terminal.
  await page.locator(".codelens-decoration a", { hasText: "Check" }).first().click();
  const terminal = page.locator(".terminal-wrapper .xterm-rows").first();
  await page.waitForFunction(() => /1 error|\bok\b/.test(document.querySelector(".xterm-rows")?.textContent ?? ""));
  seen.terminal = (await terminal.innerText()).replaceAll("\u00a0", " ");
  await picture("check");

  // What is wrong is mended by its fix.
  await page.locator(".view-lines").first().click();
  await page.keyboard.press("F8");
  await page.keyboard.press("Escape");
  await page.keyboard.press("Control+Period");
  await page.locator(".action-widget .monaco-list-row").first().waitFor();
  seen.fixes = await page.locator(".action-widget .monaco-list-row").allInnerTexts();
  await page.keyboard.press("Enter");
  await page.locator(".squiggly-error").first().waitFor({ state: "detached" });
  seen.after = await text();

  // It is saved, and laid out by that.
  await page.keyboard.press("Control+KeyS");
  await page.locator(".tab.dirty").waitFor({ state: "detached" });

  // The graph stands beside it.
  await page.locator('.editor-actions a[aria-label*="Show Graph"]').first().click();
  for (let tries = 0; ; tries++) {
    const frames = await Promise.all(
      page.frames().map((frame) =>
        frame.evaluate(() => document.querySelector('img[alt^="What depends"]')?.naturalWidth ?? 0).catch(() => 0),
      ),
    );
    seen.graph = Math.max(...frames);
    if (seen.graph || tries > 150) break;
    await page.waitForTimeout(200);
  }
  await picture("graph");

  // Another server takes over.
  await command("mlpc: Restart Language Server");
  await page.locator(".view-lines").first().click();
  await page.keyboard.press("Control+End");
  await page.keyboard.type("\nlet x = nope\n");
  await page.locator(".squiggly-error").first().waitFor();
  seen.restarted = true;
  await command("Preferences: Toggle between Light/Dark Themes");
  await page.waitForTimeout(1500);
  await picture("other-theme");
} catch (error) {
  seen.error = String(error);
  await picture("error");
}
process.stdout.write(JSON.stringify(seen));
await browser.close();
