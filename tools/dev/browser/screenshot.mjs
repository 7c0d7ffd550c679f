// Pictures of a page of nn_view(), light and dark. usage: node screenshot.mjs PAGE.html FOLDER
// It goes to the weighted input of the output layer, whose operands and result stand side by side; one cell's sum is open, and the
// network shows where it comes from.

import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const [page_file, folder] = process.argv.slice(2);
const binary = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => fs.existsSync(file));
if (!binary) throw new Error("no Chromium found: install the package chromium");
// From the title to the matrices, on a page just wide enough for them.
const size = { width: 1040, height: 888 };

const browser = await chromium.launch({ executablePath: binary, args: ["--no-sandbox", "--disable-gpu"] });
for (const scheme of ["light", "dark"]) {
  const context = await browser.newContext({ viewport: size, deviceScaleFactor: 1.3, colorScheme: scheme, reducedMotion: "reduce" });
  const page = await context.newPage();
  await page.goto("file://" + path.resolve(page_file));
  const result = page.locator('.nn-result[data-key="output_layer_input"]:visible');
  for (let step = 0; !(await result.count()); step++) {
    if (step === 60) throw new Error("no step of the page makes output_layer_input");
    await page.locator(".nn-next").click();
  }
  await result.locator("td").first().click();
  await page.evaluate(() => window.scrollTo(0, 0));
  await page.screenshot({ path: path.join(folder, scheme === "light" ? "page.png" : "page-dark.png"), clip: { x: 0, y: 0, ...size } });
  await context.close();
}
await browser.close();
