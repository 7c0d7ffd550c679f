// What browser tests share: Chromium over a folder of pages, faults that no page may have, and tests by their claims.

import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

export const folder = path.resolve(process.argv[2]);
const pictures = process.env.SCREENSHOTS;
const binary = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => fs.existsSync(file));
if (!binary) throw new Error("no Chromium found: install the package chromium");

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

// A page of the folder; `faults` collects what the console says and what is asked of a network.
async function open(name, options = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "nn-page-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: binary, args: flags, viewport: { width: 1000, height: 1000 }, ...options,
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data|blob):/.test(request.url())) faults.push("asked for " + request.url()); });
  await page.goto("file://" + path.join(folder, name));
  const close = async () => { await context.close(); fs.rmSync(profile, { recursive: true, force: true }); };
  return { page, faults, close };
}

// With SCREENSHOTS=folder tests leave pictures there, to be looked at.
export async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, name + ".png"), fullPage: true });
}

const tests = [];
export const test = (claim, page, run, options) => tests.push({ claim, page, run, options });

export async function runTests() {
  let failed = 0;
  for (const { claim, page: name, run, options } of tests) {
    const { page, faults, close } = await open(name, options);
    try {
      await run(page);
      if (faults.length > 0) throw new Error("the page complained: " + faults.join("; "));
      console.log("ok    " + claim);
    } catch (error) {
      failed++;
      console.log("FAIL  " + claim + "\n      " + (error.stack || error));
    } finally {
      await close();
    }
  }
  console.log(`browser: ${tests.length - failed} passed, ${failed} failed`);
  process.exitCode = failed > 0 ? 1 : 0;
}
