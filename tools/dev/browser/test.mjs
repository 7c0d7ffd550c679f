// Drives Chromium over the pages of nn_view(). usage: node test.mjs FOLDER-WITH-PAGES
// With SCREENSHOTS=folder it also leaves pictures there, to be looked at.

import assert from "node:assert/strict";
import fs from "node:fs";
import os from "node:os";
import path from "node:path";
import { chromium } from "playwright-core";

const folder = path.resolve(process.argv[2]);
const pictures = process.env.SCREENSHOTS;
const binary = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => fs.existsSync(file));
if (!binary) throw new Error("no Chromium found: install the package chromium");

const flags = [
  "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
  "--disable-component-update", "--disable-sync",
];

async function open(name, options = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), "nn-view-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: binary, args: flags, viewport: { width: 1180, height: 900 }, ...options,
  });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) faults.push("asked for " + request.url()); });
  page.on("dialog", (dialog) => { faults.push("dialog " + dialog.message()); dialog.dismiss(); });
  await page.goto("file://" + path.join(folder, name));
  const close = async () => { await context.close(); fs.rmSync(profile, { recursive: true, force: true }); };
  return { page, faults, close };
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, name + ".png"), fullPage: true });
}

const tests = [];
const test = (claim, page, run, options) => tests.push({ claim, page, run, options });

const visible = (page) => page.locator(".nn-step:visible");
const heading = (page) => visible(page).locator("h3").innerText();
const count = (page) => page.locator(".nn-count").innerText();
async function go(page, key) {
  for (let k = 0; k < 60; k++) {
    if (await visible(page).locator(`.nn-result[data-key="${key}"]`).count()
      && !(await visible(page).getAttribute("data-phase") === "start")) return;
    await page.locator(".nn-next").click();
  }
  throw new Error("no step makes " + key);
}

test("one step is shown at a time, and buttons, keys and the timeline go through them", "article.html", async (page) => {
  assert.equal(await visible(page).count(), 1);
  assert.match(await count(page), /^Step 1 of 16/);
  await page.locator(".nn-next").click();
  assert.match(await count(page), /^Step 2 of 16/);
  await page.keyboard.press("ArrowRight");
  assert.match(await heading(page), /Weighted input of the hidden layer/);
  await page.keyboard.press("ArrowLeft");
  assert.match(await count(page), /^Step 2 of 16/);
  await page.locator(".nn-back").click();
  assert.ok(await page.locator(".nn-back").isDisabled());
  await page.locator(".nn-timeline button").last().click();
  assert.match(await count(page), /^Step 16 of 16/);
  assert.ok(await page.locator(".nn-next").isDisabled());
  assert.equal(await page.locator(".nn-timeline [aria-current]").count(), 1);
});

test("a step that comes is announced", "article.html", async (page) => {
  const live = page.locator(".nn-announce");
  assert.equal(await live.getAttribute("aria-live"), "polite");
  await page.locator(".nn-next").click();
  assert.match(await live.textContent(), /^Step 2 of 16: Step 1, start/);
});

test("a click on a cell shows the sum behind it, and its inputs", "article.html", async (page) => {
  await go(page, "hidden_layer_input");
  const step = visible(page);
  await step.locator('.nn-result td[data-i="2"][data-j="1"] button').click();
  assert.equal(await step.locator(".nn-sum").innerText(),
    "hidden_layer_input[2, h1] = 1 * 0.42 + 0 * 0.1 + 1 * 0.6 + 1 * 0.92 + 0.46 = 2.4");
  assert.equal(await step.locator(".nn-current").count(), 1);
  assert.deepEqual(await step.locator('[data-key="X"] .nn-read').allInnerTexts(), ["1", "0", "1", "1"]);
  assert.deepEqual(await step.locator('[data-key="wh"] .nn-read').allInnerTexts(), ["0.42", "0.10", "0.60", "0.92"]);
  assert.deepEqual(await step.locator('[data-key="bh"] .nn-read').allInnerTexts(), ["0.46"]);
  const look = (selector) => step.locator(selector).first().evaluate((node) => {
    const style = getComputedStyle(node);
    return [style.backgroundColor, style.outlineStyle];
  });
  assert.deepEqual(await look(".nn-current"), ["rgb(255, 225, 77)", "solid"]);
  assert.deepEqual(await look(".nn-read"), ["rgb(255, 190, 122)", "dashed"]);
  await picture(page, "hidden-layer-input");
});

test("every sum of plain arithmetic comes out, to the digits shown", "article.html", async (page) => {
  const sums = await page.locator(".nn-sums tbody td:nth-child(2)").allTextContents();
  assert.equal(sums.length, 9 * 2 + 3 * 2 + 3 + 3 + 9 + 3 + 9 + 9 + 3 + 12 + 3 + 1);
  for (const sum of sums) {
    const parts = sum.split(" = ");
    assert.equal(parts.length, 2, sum);
    assert.match(parts[0], /^([-+*/() .\d]|e-\d+|exp)+$/, sum);
    const left = Function("exp", "return " + parts[0])(Math.exp);
    assert.ok(Math.abs(left - Number(parts[1])) < 2e-3 * Math.max(Math.abs(left), 0.01), sum);
  }
});

test("every derivative agrees with finite differences, and the page says so", "article.html", async (page) => {
  assert.equal(await page.locator('tr[data-agrees="no"]').count(), 0);
  assert.ok(await page.locator('tr[data-agrees="yes"]').count() >= 50);
  await go(page, "d_output");
  await visible(page).locator('.nn-result td[data-i="3"] button').click();
  assert.match(await visible(page).locator(".nn-check").innerText(), /minus the derivative of the loss by output_layer_input is -0\.131\d+ by backpropagation and -0\.131\d+ by .*they agree/);
  await picture(page, "d-output");
});

test("an operand's cell leads to where it was made", "article.html", async (page) => {
  await go(page, "d_output");
  await visible(page).locator('[data-key="E"] td[data-i="2"] button').click();
  assert.match(await heading(page), /Error at the output/);
  assert.match(await visible(page).locator(".nn-sum").innerText(), /^E\[2, y\] = 1 - 0\.7981 = 0\.2019$/);
});

test("the keyboard alone is enough", "article.html", async (page) => {
  await go(page, "hidden_layer_input");
  const first = visible(page).locator(".nn-result button").first();
  await first.focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await visible(page).locator(".nn-sum").innerText(), /^hidden_layer_input\[1, h2\]/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.match(await visible(page).locator(".nn-sum").innerText(), /^hidden_layer_input\[1, h3\]/);
  await page.keyboard.press("ArrowRight");
  assert.match(await heading(page), /Activations of the hidden layer/);
});

test("Play goes on by itself, cell by cell on request, and stops", "article.html", async (page) => {
  await page.locator(".nn-play").click();
  assert.equal(await page.locator(".nn-play").innerText(), "Pause");
  await page.waitForFunction(() => /^Step 3 /.test(document.querySelector(".nn-count").textContent), null, { timeout: 8000 });
  await page.locator(".nn-each").check();
  await page.waitForFunction(() => /h2\]/.test(document.querySelector(".nn-step:not([hidden]) .nn-sum").textContent), null, { timeout: 8000 });
  await page.locator(".nn-play").click();
  const then = await visible(page).locator(".nn-sum").innerText();
  await page.waitForTimeout(1300);
  assert.equal(await visible(page).locator(".nn-sum").innerText(), then);
});

test("updated cells show whether they rose or fell", "article.html", async (page) => {
  await go(page, "wout");
  const cell = visible(page).locator('.nn-result td[data-i="1"]');
  assert.match(await cell.getAttribute("class"), /nn-down/);
  await picture(page, "wout");
});

test("tables are tables: captions, headers in both directions", "article.html", async (page) => {
  const faults = await page.evaluate(() => [...document.querySelectorAll(".nn-view table")].filter((table) =>
    !table.caption || !table.caption.textContent.trim() || !table.querySelector('th[scope="col"]') ||
    [...table.tBodies[0].rows].some((row) => !row.querySelector('th[scope="row"]'))).map((table) => table.outerHTML.slice(0, 80)));
  assert.deepEqual(faults, []);
  const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map((node) => node.id));
  assert.equal(new Set(ids).size, ids.length);
});

test("the page plays in a viewer, where style and script are files beside it", "viewer.html", async (page) => {
  await page.keyboard.press("ArrowRight");
  assert.match(await count(page), /^Step 2 of 16/);
  assert.equal(await page.locator(".nn-current").first().evaluate((node) => getComputedStyle(node).outlineStyle), "solid");
});

test("a deep network with mini-batches and Adam plays through, and is cut readably", "deep.html", async (page) => {
  const steps = await page.locator(".nn-step").count();
  for (let k = 1; k < steps; k++) await page.locator(".nn-next").click();
  assert.match(await count(page), new RegExp(`^Step ${steps} of ${steps}, iteration 2 of 2$`));
  assert.match(await page.locator(".nn-more").first().textContent(), /8 more rows/);
  assert.equal(await page.locator('tr[data-agrees="no"]').count(), 0);
  await page.locator(".nn-timeline button").nth(4).click();
  await picture(page, "deep");
});

test("names are text, never markup", "names.html", async (page) => {
  const headers = await page.locator('.nn-step:first-of-type .nn-matrix th[scope="col"]').allTextContents();
  assert.deepEqual(headers.slice(0, 4), ["a<b", "\"quoted\"", "<script>alert(1)</script>", "d & e"]);
  await go(page, "hidden_layer_input");
});

test("a narrow window does not scroll sideways", "article.html", async (page) => {
  await go(page, "wh");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `by ${wide} pixels`);
  await picture(page, "narrow");
}, { viewport: { width: 380, height: 800 } });

test("without JavaScript all tables and sums are there", "article.html", async (page) => {
  assert.equal(await page.locator(".nn-step:visible").count(), 16);
  assert.equal(await page.locator(".nn-matrix:visible").count(), await page.locator(".nn-matrix").count());
  assert.equal(await page.locator(".nn-controls:visible").count(), 0);
  await page.locator(".nn-sums summary").first().click();
  assert.ok(await page.locator(".nn-sums table").first().isVisible());
  await picture(page, "without-javascript");
}, { javaScriptEnabled: false });

if (fs.existsSync(path.join(folder, "knitted.html"))) {
  test("two traces in a knitted document play independently", "knitted.html", async (page) => {
    assert.equal(await page.locator(".nn-view").count(), 2);
    await page.locator(".nn-view").nth(1).locator(".nn-next").click();
    const counts = await page.locator(".nn-count").allInnerTexts();
    assert.match(counts[0], /^Step 1 /);
    assert.match(counts[1], /^Step 2 /);
    await picture(page, "knitted");
  });
}

let passed = 0;
let failed = 0;
for (const { claim, page: name, run, options } of tests) {
  const { page, faults, close } = await open(name, options);
  try {
    await run(page);
    assert.deepEqual(faults, [], "the console and the network are silent");
    passed += 1;
  } catch (error) {
    failed += 1;
    console.error(`FAILED: ${claim}\n${error.message}\n`);
  }
  await close();
}
console.log(`browser: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
