// Drives Chromium over the pages of nn_view(). usage: node test.mjs FOLDER-WITH-PAGES
// With SCREENSHOTS=folder it also leaves pictures there, to be looked at. With ONLY=text it runs the tests whose claims have that text.

import assert from "node:assert/strict";
import fs from "node:fs";
import path from "node:path";
import { chromium } from "playwright-core";

const folder = path.resolve(process.argv[2]);
const pictures = process.env.SCREENSHOTS;
const binary = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((file) => fs.existsSync(file));
if (!binary) throw new Error("no Chromium found: install the package chromium");

const browser = await chromium.launch({
  executablePath: binary,
  args: ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync"],
});

async function open(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1180, height: 900 }, ...options });
  const page = await context.newPage();
  const faults = [];
  page.on("console", (message) => { if (["error", "warning"].includes(message.type())) faults.push(message.text()); });
  page.on("pageerror", (error) => faults.push(String(error)));
  page.on("request", (request) => { if (!/^(file|data):/.test(request.url())) faults.push("asked for " + request.url()); });
  page.on("dialog", (dialog) => { faults.push("dialog " + dialog.message()); dialog.dismiss(); });
  await page.goto("file://" + path.join(folder, name));
  return { page, faults, close: () => context.close() };
}

async function picture(page, name) {
  if (pictures) await page.screenshot({ path: path.join(pictures, name + ".png"), fullPage: true });
}

const tests = [];
const test = (claim, page, run, options) => tests.push({ claim, page, run, options });

const stage = (page) => page.locator(".nn-stage");
const heading = (page) => page.locator(".nn-stage h3").innerText();
const count = (page) => page.locator(".nn-count").innerText();
const sum = (page) => page.locator(".nn-stage .nn-sum").innerText();
const badge = (page) => page.locator(".nn-source").innerText();
const loss = (page) => page.locator(".nn-loss").innerText();
const result = (page, i, j) => page.locator(`.nn-stage .nn-result td[data-i="${i}"][data-j="${j}"] button`);
const operand = (page, key, i, j) => page.locator(`.nn-stage .nn-operand[data-key="${key}"] td[data-i="${i}"][data-j="${j}"] button`);
// To the matrix of that name that is not given.
async function go(page, label, nth = 0) {
  await page.locator(`.nn-timeline button:not([data-phase="start"])`).filter({ hasText: new RegExp("^" + label + "$") }).nth(nth).click();
}
async function change(page, cell, value) {
  await cell.click();
  const field = page.locator(".nn-stage td input");
  await field.fill(value);
  await field.press("Enter");
}
const isTable = (name) => `.nn-stage .nn-result[data-key="${name}"]`;

test("one matrix is shown at a time, and buttons, keys and the names go through them", "article.html", async (page) => {
  assert.equal(await page.locator(".nn-step:visible").count(), 1);
  assert.equal(await count(page), "matrix 1 of 16");
  await page.locator(".nn-next").click();
  assert.equal(await count(page), "matrix 2 of 16");
  await page.keyboard.press("ArrowRight");
  assert.match(await heading(page), /Weighted input of the hidden layer/);
  await page.keyboard.press("ArrowLeft");
  assert.equal(await count(page), "matrix 2 of 16");
  await page.locator(".nn-back").click();
  assert.ok(await page.locator(".nn-back").isDisabled());
  await page.keyboard.press("End");
  assert.equal(await count(page), "matrix 16 of 16");
  assert.ok(await page.locator(".nn-next").isDisabled());
  await page.keyboard.press("Home");
  assert.equal(await count(page), "matrix 1 of 16");
  await page.locator(".nn-timeline button").nth(9).click();
  assert.equal(await page.locator(".nn-timeline [aria-current]").innerText(), "d_output");
  assert.equal(await page.locator(".nn-timeline [aria-current]").count(), 1);
  assert.doesNotMatch(await page.locator(".nn-view").innerText(), /\bsteps? \d/i);
});

test("the timeline is one row labelled with the matrices' names, and keeps the current one in sight", "article.html", async (page) => {
  const names = await page.locator(".nn-timeline button").allInnerTexts();
  assert.deepEqual(names.slice(0, 4), ["X, Y", "wh, bh, wout, bout", "hidden_layer_input", "hiddenlayer_activations"]);
  assert.equal(names.length, 16);
  const tops = await page.locator(".nn-timeline button").evaluateAll((nodes) => new Set(nodes.map((node) => node.offsetTop)).size);
  assert.equal(tops, 1);
  await page.keyboard.press("End");
  await page.waitForFunction(() => {
    const row = document.querySelector(".nn-timeline").getBoundingClientRect();
    const mark = document.querySelector(".nn-timeline [aria-current]").getBoundingClientRect();
    return mark.left >= row.left - 1 && mark.right <= row.right + 1;
  }, null, { timeout: 3000 });
});

test("what comes is announced", "article.html", async (page) => {
  const live = page.locator(".nn-announce");
  assert.equal(await live.getAttribute("aria-live"), "polite");
  await page.locator(".nn-next").click();
  assert.match(await live.textContent(), /^matrix 2 of 16: Weights and biases to start from, wh, bh, wout, bout$/);
});

test("a click on a cell shows the sum behind it, and its inputs, in the tables and in the picture", "article.html", async (page) => {
  await go(page, "hidden_layer_input");
  await result(page, 2, 1).click();
  assert.equal(await sum(page), "hidden_layer_input[2, h1] = 1 * 0.42 + 0 * 0.1 + 1 * 0.6 + 1 * 0.92 + 0.46 = 2.4");
  assert.equal(await page.locator(".nn-stage .nn-current").count(), 1);
  const read = (key) => page.locator(`.nn-stage [data-key="${key}"] .nn-read`).allInnerTexts();
  assert.deepEqual(await read("X"), ["1", "0", "1", "1"]);
  assert.deepEqual(await read("wh"), ["0.42", "0.10", "0.60", "0.92"]);
  assert.deepEqual(await read("bh"), ["0.46"]);
  const look = (selector) => page.locator(".nn-stage " + selector).first().evaluate((node) => {
    const style = getComputedStyle(node);
    return [style.backgroundColor, style.outlineStyle];
  });
  assert.deepEqual(await look(".nn-current"), ["rgb(255, 225, 77)", "solid"]);
  assert.deepEqual(await look(".nn-read"), ["rgb(255, 190, 122)", "dashed"]);
  // One unit is lit as the cell, four units, four edges and a bias as what it is made from.
  const lit = (selector) => page.locator(".nn-diagram " + selector).count();
  assert.deepEqual([await lit("circle.nn-halo-current"), await lit("circle.nn-halo-read"), await lit("line.nn-halo-read")], [1, 4, 5]);
  assert.match(await page.locator(".nn-diagram").innerText(), /Row 2/);
  await picture(page, "hidden-layer-input");
});

test("the picture shows each number by size, and negative ones in another colour and dashed", "article.html", async (page) => {
  await go(page, "hidden_layer_input");
  await change(page, operand(page, "wh", 2, 1), "-2.5");
  const edges = await page.locator(".nn-diagram line.nn-edge:not(.nn-bias)").evaluateAll((lines) => lines.map((line) => ({
    name: line.textContent, width: Number(line.getAttribute("stroke-width")), dash: getComputedStyle(line).strokeDasharray, colour: getComputedStyle(line).stroke,
  })));
  assert.equal(edges.length, 15);
  const negative = edges.filter((edge) => /= -/.test(edge.name));
  assert.equal(negative.length, 1);
  assert.match(negative[0].name, /^wh\[x2, h1\] = -2.5$/);
  assert.notEqual(negative[0].dash, "none");
  assert.notEqual(negative[0].colour, edges.find((edge) => !/= -/.test(edge.name)).colour);
  assert.equal(negative[0].width, Math.max(...edges.map((edge) => edge.width)));
  await picture(page, "negative-weight");
});

test("every sum of plain arithmetic comes out, to the digits shown", "article.html", async (page) => {
  let seen = 0;
  await page.keyboard.press("End");
  for (let k = 16; k >= 1; k--) {
    const summary = page.locator(".nn-sums summary");
    if (await summary.count() > 0 && !(await page.locator(".nn-sums").getAttribute("open") !== null)) await summary.click();
    for (const text of await page.locator(".nn-sums tbody td:nth-child(2)").allTextContents()) {
      const parts = text.split(" = ");
      assert.equal(parts.length, 2, text);
      assert.match(parts[0], /^([-+*/() .\d]|e-\d+|exp)+$/, text);
      const left = Function("exp", "return " + parts[0])(Math.exp);
      assert.ok(Math.abs(left - Number(parts[1])) < 2e-3 * Math.max(Math.abs(left), 0.01), text);
      seen += 1;
    }
    await page.keyboard.press("ArrowLeft");
  }
  assert.equal(seen, 9 * 2 + 3 * 2 + 3 + 3 + 9 + 3 + 9 + 9 + 3 + 12 + 3 + 1);
});

test("every derivative agrees with finite differences, and the page says so", "article.html", async (page) => {
  await go(page, "d_output");
  await result(page, 3, 1).click();
  assert.match(await page.locator(".nn-stage .nn-check").innerText(),
    /minus the derivative of the loss by output_layer_input is -0\.131\d+ by backpropagation and -0\.131\d+ by .*they agree/);
  await picture(page, "d-output");
  await page.locator(".nn-sums summary").click();
  let seen = 0;
  for (let k = 0; k < 16; k++) {
    seen += await page.locator('.nn-stage tr[data-agrees="yes"]').count();
    assert.equal(await page.locator('.nn-stage tr[data-agrees="no"]').count(), 0);
    await page.locator(".nn-timeline button").nth(k).click();
  }
  assert.ok(seen >= 40, String(seen));
});

test("an operand's cell leads to where it was made", "article.html", async (page) => {
  await go(page, "d_output");
  await operand(page, "E", 2, 1).click();
  assert.match(await heading(page), /Error at the output/);
  assert.match(await sum(page), /^E\[2, y\] = 1 - 0\.7981 = 0\.2019$/);
});

test("the keyboard alone is enough, for changes too", "article.html", async (page) => {
  await go(page, "hidden_layer_input");
  await result(page, 1, 1).focus();
  await page.keyboard.press("ArrowDown");
  assert.match(await sum(page), /^hidden_layer_input\[1, h2\]/);
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  assert.match(await sum(page), /^hidden_layer_input\[1, h3\]/);
  await page.keyboard.press("ArrowLeft");
  await page.locator(`${isTable("wh")} td[data-i="1"][data-j="1"] button`).focus();
  await page.keyboard.press("Enter");
  await page.keyboard.type("0.5");
  await page.keyboard.press("ArrowLeft"); // moves in the field, not between matrices
  await page.keyboard.press("Enter");
  assert.equal(await badge(page), "computed by this page");
  assert.equal(await page.evaluate(() => document.activeElement.textContent), "0.50");
  await page.keyboard.press("ArrowRight");
  assert.match(await heading(page), /Weighted input of the hidden layer/);
});

test("Play goes on by itself, cell by cell on request, and stops; Space does both", "article.html", async (page) => {
  await page.locator(".nn-play").click();
  assert.equal(await page.locator(".nn-play").innerText(), "Pause");
  await page.waitForFunction(() => /^matrix 3 /.test(document.querySelector(".nn-count").textContent), null, { timeout: 8000 });
  await page.locator(".nn-each").check();
  await page.waitForFunction(() => /h2\]/.test(document.querySelector(".nn-sum").textContent), null, { timeout: 8000 });
  await page.locator(".nn-play").click();
  const then = await sum(page);
  await page.waitForTimeout(1300);
  assert.equal(await sum(page), then);
  await page.locator("h2").click();
  await page.keyboard.press("Space");
  assert.equal(await page.locator(".nn-play").innerText(), "Pause");
  await page.keyboard.press("Space");
  assert.equal(await page.locator(".nn-play").innerText(), "Play");
});

test("updated cells show whether they rose or fell", "article.html", async (page) => {
  await go(page, "wout");
  assert.match(await page.locator('.nn-stage .nn-result td[data-i="1"]').getAttribute("class"), /nn-down/);
  await picture(page, "wout");
});

test("tables are tables: captions, headers in both directions", "article.html", async (page) => {
  for (let k = 0; k < 16; k++) {
    await page.locator(".nn-timeline button").nth(k).click();
    const faults = await page.evaluate(() => [...document.querySelectorAll(".nn-view table")].filter((table) =>
      !table.caption || !table.caption.textContent.trim() || !table.querySelector('th[scope="col"]') ||
      [...table.tBodies[0].rows].some((row) => !row.querySelector('th[scope="row"]'))).map((table) => table.outerHTML.slice(0, 80)));
    assert.deepEqual(faults, []);
  }
  const ids = await page.evaluate(() => [...document.querySelectorAll("[id]")].map((node) => node.id));
  assert.equal(new Set(ids).size, ids.length);
});

test("the signs between tables read as the formula", "article.html", async (page) => {
  const row = async (name) => {
    await go(page, name);
    return page.locator(".nn-stage .nn-part").evaluateAll((parts) => parts.map((part) =>
      [...part.children].map((child) => child.caption ? child.caption.querySelector(".nn-name").textContent : child.textContent).join(" ")).join(" "));
  };
  assert.equal(await row("hidden_layer_input"), "X %*% wh + bh = hidden_layer_input");
  assert.equal(await row("output"), "output_layer_input \u2192 sigmoid \u2192 output");
  assert.equal(await row("E"), "Y \u2212 output = E");
  assert.equal(await row("d_output"), "E * slope_output_layer = d_output");
  assert.equal(await row("Error_at_hidden_layer"), "d_output %*% t( wout ) = Error_at_hidden_layer");
  assert.equal(await row("wout"), "wout before + 0.1 * t( hiddenlayer_activations ) %*% d_output = wout after");
  assert.equal(await row("bh"), "bh before + 0.1 * colSums( d_hiddenlayer ) = bh after");
});

test("a changed weight, input, target and rate change all that follows as the engine says, to 12 digits", "twenty.html", async (page) => {
  const before = await loss(page);
  assert.equal(await badge(page), "the engine's numbers (exact)");
  await change(page, page.locator(`${isTable("X")} td[data-i="2"][data-j="2"] button`), "0,25");
  await change(page, page.locator(`${isTable("Y")} td[data-i="3"] button`), ".5");
  await go(page, "hidden_layer_input");
  await change(page, operand(page, "wh", 2, 1), "-2.5");
  await page.locator(".nn-rate input").fill("0.5");
  await page.locator(".nn-rate input").press("Enter");
  assert.equal(await badge(page), "computed by this page");
  const expected = JSON.parse(fs.readFileSync(path.join(folder, "changed.json"), "utf8"));
  const shown = await loss(page);
  assert.ok(shown.startsWith(`loss of 3 rows: ${Number(expected.before[0].toPrecision(5))} \u2192 ${Number(expected.after[0].toPrecision(5))}`), shown);
  assert.ok(shown.endsWith(`(engine: ${before.replace("loss of 3 rows: ", "")})`), shown);
  // The same by the page's functions, at full length.
  const numbers = await page.evaluate(() => {
    const nn = window.nnView;
    const model = nn.model(JSON.parse(document.querySelector(".nn-data").textContent));
    const state = nn.run(model, {
      lr: 0.5, cells: { wh: [{ id: "1", j: 0, value: -2.5 }], X: [{ id: "2", j: 1, value: 0.25 }], Y: [{ id: "3", j: 0, value: 0.5 }] },
    });
    return { results: state.results.map((x) => [...x.v]), before: state.loss.before, after: state.loss.after };
  });
  const far = (a, b) => Math.max(...a.map((x, k) => Math.abs(x - b[k]))) / Math.max(...b.map(Math.abs));
  assert.equal(numbers.results.length, expected.results.length);
  numbers.results.forEach((one, k) => assert.ok(far(one, expected.results[k]) < 1e-12, `matrix ${k}: ${far(one, expected.results[k])}`));
  assert.ok(far(numbers.before, expected.before) < 1e-12 && far(numbers.after, expected.after) < 1e-12);
  // What is shown is that.
  await page.locator(".nn-iteration input").fill("20");
  await go(page, "bout");
  assert.equal(await result(page, 1, 1).innerText(), expected.results.at(-1)[0].toFixed(4));
});

test("changed cells are marked, with the engine's number, and so are the matrices that differ", "article.html", async (page) => {
  await go(page, "hidden_layer_input");
  await change(page, operand(page, "wh", 1, 2), "1");
  assert.deepEqual(await page.locator(".nn-stage .nn-changed").allInnerTexts(), ["1.00", "1.90", "2.01"]);
  assert.equal(await page.locator('.nn-stage .nn-result td[data-i="1"][data-j="2"]').getAttribute("title"), "the engine's number: 1.78");
  assert.equal(await page.locator(".nn-stage .nn-edited").innerText(), "1.00");
  const marked = await page.locator(".nn-timeline .nn-differs").allInnerTexts();
  assert.ok(!marked.includes("X, Y") && marked.includes("wh, bh, wout, bout") && marked.includes("output"));
  await picture(page, "changed");
});

test("checks by finite differences follow the numbers that are shown", "article.html", async (page) => {
  await go(page, "d_output");
  const before = await page.locator(".nn-stage .nn-check").innerText();
  await page.locator(".nn-timeline button").first().click();
  await change(page, page.locator(`${isTable("Y")} td[data-i="1"] button`), "-1");
  await go(page, "d_output");
  const after = await page.locator(".nn-stage .nn-check").innerText();
  assert.notEqual(after, before);
  assert.match(after, /they agree/);
});

test("Escape leaves the old number, what is no number is refused, an empty field brings the first back", "article.html", async (page) => {
  await page.keyboard.press("ArrowRight");
  const cell = page.locator(`${isTable("bh")} td[data-i="1"][data-j="1"] button`);
  await cell.click();
  await page.locator(".nn-stage td input").fill("9");
  await page.keyboard.press("Escape");
  assert.equal(await cell.innerText(), "0.46");
  assert.equal(await badge(page), "the engine's numbers (exact)");
  await cell.click();
  await page.locator(".nn-stage td input").fill("much");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".nn-stage td input").getAttribute("aria-invalid"), "true");
  // Too large for a number: it would be infinite.
  await page.locator(".nn-stage td input").fill("1e999");
  await page.keyboard.press("Enter");
  assert.equal(await page.locator(".nn-stage td input").getAttribute("aria-invalid"), "true");
  await page.locator(".nn-stage td input").fill("2");
  await page.keyboard.press("Enter");
  assert.equal(await cell.innerText(), "2.00");
  await change(page, cell, "");
  assert.equal(await cell.innerText(), "0.46");
  assert.equal(await badge(page), "the engine's numbers (exact)");
});

test("one button brings the engine's numbers back", "article.html", async (page) => {
  const before = await loss(page);
  assert.ok(!(await page.locator(".nn-reset").isVisible()));
  await page.locator(".nn-rate input").fill("2");
  await page.locator(".nn-rate input").press("Enter");
  await go(page, "wh");
  await page.locator(".nn-reset").click();
  assert.equal(await badge(page), "the engine's numbers (exact)");
  assert.equal(await loss(page), before);
  assert.equal(await page.locator(".nn-rate input").inputValue(), "0.1");
  assert.equal(await page.locator(".nn-changed, .nn-differs").count(), 0);
});

test("a rate that is no rate is refused", "article.html", async (page) => {
  await page.locator(".nn-rate input").fill("-1");
  await page.locator(".nn-rate input").press("Enter");
  assert.equal(await page.locator(".nn-rate input").getAttribute("aria-invalid"), "true");
  assert.equal(await badge(page), "the engine's numbers (exact)");
});

test("an iteration is chosen with a slider, and the matrices go on over its end", "twenty.html", async (page) => {
  const slider = page.locator(".nn-iteration input");
  assert.equal(await page.locator(".nn-iteration").innerText(), "iteration 1 of 20");
  await go(page, "E");
  await slider.fill("20");
  assert.equal(await page.locator(".nn-iteration").innerText(), "iteration 20 of 20");
  assert.match(await heading(page), /Error at the output/);
  await slider.fill("1");
  await page.keyboard.press("Tab");
  await page.locator("h2").click();
  await page.keyboard.press("End");
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.locator(".nn-iteration").innerText(), "iteration 2 of 20");
  assert.equal(await count(page), "matrix 1 of 16");
});

test("a page without a formula for something is to be read, and says why", "custom.html", async (page) => {
  assert.match(await page.locator(".nn-obstacle").innerText(), /not changed\. The network has functions of R's own/);
  assert.equal(await page.locator(".nn-editable, .nn-rate").count(), 0);
  await go(page, "d_output");
  assert.match(await page.locator(".nn-stage .nn-check").innerText(), /they agree/);
  await operand(page, "E", 1, 1).click();
  assert.match(await heading(page), /Error at the output/);
});

test("the page plays in a viewer, where style and scripts are files beside it", "viewer.html", async (page) => {
  await page.keyboard.press("ArrowRight");
  assert.equal(await count(page), "matrix 2 of 16");
  assert.equal(await page.locator(".nn-current").first().evaluate((node) => getComputedStyle(node).outlineStyle), "solid");
});

test("a deep network with mini-batches and Adam plays through, and the page says where it is cut", "deep.html", async (page) => {
  let presses = 0;
  while (!(await page.locator(".nn-next").isDisabled())) {
    await page.locator(".nn-next").click();
    presses += 1;
  }
  assert.ok(presses > 60, String(presses));
  assert.equal(await page.locator(".nn-iteration").innerText(), "iteration 2 of 2");
  assert.match(await loss(page), /^loss of this batch of 20 rows: /);
  await go(page, "hiddenlayer_activations1");
  assert.match(await page.locator(".nn-stage .nn-more").first().textContent(), /8 more rows and 6 more columns/);
  assert.match(await page.locator(".nn-cut").innerText(), /the first 12 rows, the first 8 columns of larger matrices, the first 2 of 3 iterations/);
  assert.match(await page.locator(".nn-diagram").innerText(), /units 1\u20138 of 14[\s\S]*Of wide layers the units around the current one/);
  assert.match(await page.locator(".nn-stage .nn-sum").innerText(), /tanh/);
  await picture(page, "deep");
});

test("changes of one row change it in whatever batch it comes, and weights of the first iteration all that follows", "deep.html", async (page) => {
  await page.keyboard.press("ArrowRight");
  await change(page, page.locator(`${isTable("wh1")} td[data-i="1"][data-j="1"] button`), "3");
  await page.locator(".nn-iteration input").fill("2");
  assert.equal(await page.locator(".nn-editable").count(), 0);
  assert.ok(await page.locator(".nn-changed").count() >= 1);
});

test("names are text, never markup, and long ones are cut with a title", "names.html", async (page) => {
  const headers = await page.locator('.nn-stage .nn-matrix th[scope="col"]').allTextContents();
  assert.deepEqual(headers.slice(0, 3), ["a<b", "\"quoted\"", "</script><script>alert(1)</script>"]);
  const long = page.locator('.nn-stage .nn-matrix th[scope="col"]').nth(3);
  assert.ok((await long.getAttribute("title")).startsWith("long long long"));
  assert.ok(await long.evaluate((node) => node.scrollWidth > node.clientWidth && getComputedStyle(node).textOverflow === "ellipsis"));
  await go(page, "hidden_layer_input");
  await picture(page, "names");
});

test("a narrow window does not scroll sideways", "article.html", async (page) => {
  await go(page, "wh");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(wide <= 0, `by ${wide} pixels`);
  await picture(page, "narrow");
  // A viewer's pane beside an editor.
  await page.setViewportSize({ width: 240, height: 300 });
  const pane = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.ok(pane <= 0, `by ${pane} pixels`);
}, { viewport: { width: 380, height: 800 } });

test("nothing below jumps from matrix to matrix, nor by a change", "twenty.html", async (page) => {
  await page.waitForTimeout(100);
  const heights = [];
  for (let k = 0; k < 16; k++) {
    await page.locator(".nn-timeline button").nth(k).click();
    heights.push(await page.locator(".nn-view").evaluate((node) => node.offsetHeight));
  }
  assert.equal(new Set(heights).size, 1, heights.join(" "));
  await page.locator(".nn-timeline button").first().click();
  const top = await stage(page).evaluate((node) => node.offsetTop);
  await change(page, page.locator(`${isTable("X")} td[data-i="1"][data-j="1"] button`), "2");
  assert.equal(await stage(page).evaluate((node) => node.offsetTop), top);
});

test("it is dark where the system is", "article.html", async (page) => {
  const colours = await page.locator(".nn-view").evaluate((node) => {
    const style = getComputedStyle(node);
    return [style.backgroundColor, style.color].map((text) => Math.max(...text.match(/\d+/g).map(Number)));
  });
  assert.ok(colours[0] < 80 && colours[1] > 200, colours.join(" "));
  await go(page, "hidden_layer_input");
  await picture(page, "dark");
}, { colorScheme: "dark" });

test("in a document it is as light as the document, whatever the system, and follows when that changes", "late.html", async (page) => {
  await page.evaluate(() => window.insert());
  const theme = () => page.locator("#here .nn-view").getAttribute("data-nn-theme");
  await page.waitForSelector("#here .nn-live");
  assert.equal(await theme(), "light");
  await page.evaluate(() => document.documentElement.setAttribute("data-bs-theme", "dark"));
  await page.waitForFunction(() => document.querySelector("#here .nn-view").getAttribute("data-nn-theme") === "dark");
}, { colorScheme: "dark" });

test("a page that comes late plays, scripts that come twice start it once, and slides beneath do not turn", "late.html", async (page) => {
  await page.evaluate(() => { window.insert(); window.insert(); });
  await page.waitForFunction(() => document.querySelectorAll("#here .nn-live").length === 2);
  assert.equal(await page.locator("#here .nn-head").count(), 2);
  const first = page.locator("#here .nn-view").first(), second = page.locator("#here .nn-view").nth(1);
  // Keys outside belong to the deck.
  await page.locator("h1").click();
  await page.keyboard.press("ArrowRight");
  assert.equal(await page.evaluate(() => window.turned), 1);
  assert.equal(await first.locator(".nn-count").innerText(), "matrix 1 of 16");
  await second.locator(".nn-next").click();
  for (const key of ["ArrowRight", "ArrowLeft", "ArrowRight", "Home", "End", "ArrowLeft"]) await page.keyboard.press(key);
  await second.locator("h2").click();
  await page.keyboard.press("Space");
  await page.keyboard.press("Space");
  assert.equal(await page.evaluate(() => window.turned), 1);
  assert.equal(await second.locator(".nn-count").innerText(), "matrix 15 of 16");
  assert.equal(await first.locator(".nn-count").innerText(), "matrix 1 of 16");
  // One that is taken out while it plays does no harm.
  await second.locator(".nn-play").click();
  await page.evaluate(() => document.querySelectorAll("#here > div")[1].remove());
  await page.waitForTimeout(2000);
});

test("printed, all matrices of the iteration stand there with their sums, on light ground", "article.html", async (page) => {
  await page.evaluate(() => window.dispatchEvent(new Event("beforeprint")));
  await page.emulateMedia({ media: "print", colorScheme: "dark" });
  assert.equal(await page.locator(".nn-paper .nn-step:visible").count(), 16);
  assert.equal(await page.locator(".nn-paper .nn-sums tbody tr:visible").count(), 79);
  assert.equal(await page.locator(".nn-stage:visible, .nn-controls:visible, .nn-timeline:visible").count(), 0);
  assert.equal(await page.locator(".nn-view").evaluate((node) => getComputedStyle(node).backgroundColor), "rgb(255, 255, 255)");
  const cut = await page.locator(".nn-paper table").evaluateAll((tables) => tables.filter((table) => {
    for (let node = table.parentNode; node && node.nodeType === 1; node = node.parentNode) if (!/visible/.test(getComputedStyle(node).overflowX) && node.matches(".nn-view *")) return true;
    return false;
  }).length);
  assert.equal(cut, 0);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator(".nn-paper").count(), 0);
  await page.emulateMedia({ media: null });
  if (pictures) await page.pdf({ path: path.join(pictures, "print.pdf"), format: "A4" });
});

test("to be filled in: right answers are ticked, wrong ones bring a hint, and nothing is given away", "blank.html", async (page) => {
  assert.equal(await badge(page), "0 of 79 cells right");
  assert.equal(await page.locator(".nn-answers, .nn-rate").count(), 0);
  assert.equal(await loss(page), "");
  await go(page, "hiddenlayer_activations");
  assert.deepEqual(await page.locator('.nn-stage .nn-operand[data-key="hidden_layer_input"] td button').allInnerTexts(), Array(9).fill("?"));
  await go(page, "hidden_layer_input");
  const field = (i, j) => page.locator(`.nn-stage .nn-result td[data-i="${i}"][data-j="${j}"] input`);
  await field(1, 1).fill("1.5");
  await field(1, 1).press("Enter");
  assert.equal(await badge(page), "1 of 79 cells right");
  assert.equal(await page.locator(".nn-stage .nn-right").count(), 1);
  await field(1, 2).fill("7");
  await field(1, 2).press("Enter");
  assert.equal(await page.locator(".nn-stage .nn-wrong").count(), 1);
  assert.equal(await field(1, 2).getAttribute("aria-invalid"), "true");
  assert.equal(await page.locator(".nn-stage .nn-hint").innerText(),
    "Not right yet: hidden_layer_input[1, h2] = X[1, x1] * wh[x1, h2] + X[1, x2] * wh[x2, h2] + X[1, x3] * wh[x3, h2] + X[1, x4] * wh[x4, h2] + bh[bias, h2]");
  await field(1, 2).fill("8");
  await field(1, 2).press("Enter");
  assert.match(await page.locator(".nn-stage .nn-hint").innerText(), /= 1 \* 0\.88 \+ 0 \* 0\.73 \+ 1 \* 0\.18 \+ 0 \* 0\.11 \+ 0\.72$/);
  await field(1, 2).fill("1,78");
  await field(1, 2).press("Tab");
  assert.equal(await badge(page), "2 of 79 cells right");
  await picture(page, "blank");
  await go(page, "hiddenlayer_activations");
  const seen = await page.locator('.nn-stage .nn-operand[data-key="hidden_layer_input"] td button').allInnerTexts();
  assert.deepEqual(seen.filter((text) => text !== "?"), ["1.48", "1.78"]);
  await go(page, "hidden_layer_input");
  assert.equal(await field(1, 1).inputValue(), "1.5");
});

test("the teacher's page shows the answers of a matrix", "answers.html", async (page) => {
  await go(page, "output");
  await page.locator(".nn-answers").click();
  assert.deepEqual(await page.locator(".nn-stage .nn-result td input").evaluateAll((fields) => fields.map((field) => field.value)), ["0.7893", "0.7981", "0.7893"]);
  assert.equal(await badge(page), "3 of 79 cells right");
});

test("without JavaScript the text of the trace is there, and what to do", "article.html", async (page) => {
  const text = await page.locator("body").innerText();
  assert.match(text, /JavaScript, which is switched off here/);
  assert.match(text, /hidden_layer_input = X %\*% wh \+ bh/);
  assert.match(text, /\[20\] bout/);
  await picture(page, "without-javascript");
}, { javaScriptEnabled: false });

if (fs.existsSync(path.join(folder, "knitted.html"))) {
  test("two traces in a knitted document play independently", "knitted.html", async (page) => {
    assert.equal(await page.locator(".nn-live").count(), 2);
    await page.locator(".nn-view").nth(1).locator(".nn-next").click();
    const counts = await page.locator(".nn-count").allInnerTexts();
    assert.match(counts[0], /^matrix 1 /);
    assert.match(counts[1], /^matrix 2 /);
    await picture(page, "knitted");
  });
}

let passed = 0;
let failed = 0;
for (const { claim, page: name, run, options } of tests.filter((one) => one.claim.includes(process.env.ONLY ?? ""))) {
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
await browser.close();
console.log(`browser: ${passed} passed, ${failed} failed`);
process.exitCode = failed > 0 ? 1 : 0;
