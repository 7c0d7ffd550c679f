// Drives Chromium over the pages of nn_animate(). usage: node animate.mjs FOLDER-WITH-PAGES

import assert from "node:assert/strict";
import { picture, runTests, test } from "./harness.mjs";

const where = (page) => page.locator(".nn-where").innerText();
const slider = (page) => page.locator(".nn-slider");
const points = async (page, way) => (await page.locator(`.nn-way[data-way="${way}"] polyline`).getAttribute("points")).split(" ").length / 2;
const cell = (page, way, name) => page.locator(`input[data-way="${way}"]`).locator("xpath=ancestor::tr").locator(".nn-" + name).innerText();
async function move(page, value) {
  await slider(page).evaluate((node, to) => { node.value = to; node.dispatchEvent(new Event("input", { bubbles: true })); }, value);
}

test("a path is drawn up to the slider's update, and its table says where that is", "path.html", async (page) => {
  assert.equal(await where(page), "100 updates");
  assert.equal(await points(page, 1), 101);
  await move(page, 4);
  assert.equal(await where(page), "4 updates");
  // Full batch, single rows and batches of three have all made four updates.
  for (const way of [0, 1, 2]) {
    assert.equal(await points(page, way), 5);
    assert.equal(await cell(page, way, "iteration"), "4");
  }
  await picture(page, "path-4-updates");
  await move(page, 20);
  // Ten epochs of full batches are ten updates.
  assert.equal(await cell(page, 0, "iteration"), "10");
  assert.equal(await cell(page, 1, "iteration"), "20");
});

test("counted in epochs, all paths have seen the same rows", "path.html", async (page) => {
  await page.locator(".nn-by select").selectOption("epoch");
  await move(page, 50);
  assert.equal(await where(page), "5 epochs");
  assert.deepEqual(await Promise.all([0, 1, 2].map((way) => cell(page, way, "iteration"))), ["5", "50", "20"]);
});

test("the numbers of the table are those that R has", "path.html", async (page) => {
  const wanted = JSON.parse(await page.evaluate(() => document.querySelector("#wanted").textContent));
  for (const { place, way, loss, x } of wanted) {
    await move(page, place);
    assert.equal(Number(await cell(page, way, "loss")), loss);
    assert.equal(Number(await cell(page, way, "x")), x);
  }
});

test("keys go step by step and to the ends, and Space plays and pauses", "path.html", async (page) => {
  await page.keyboard.press("Home");
  assert.equal(await where(page), "0 updates");
  await page.keyboard.press("ArrowRight");
  assert.equal(await where(page), "1 update");
  await page.keyboard.press("ArrowLeft");
  await page.keyboard.press("ArrowLeft");
  assert.equal(await where(page), "0 updates");
  await page.keyboard.press("Space");
  assert.equal(await page.locator(".nn-play").innerText(), "Pause");
  await page.waitForFunction(() => Number(document.querySelector(".nn-slider").value) >= 2);
  await page.keyboard.press("Space");
  const still = await where(page);
  await page.waitForTimeout(500);
  assert.equal(await where(page), still);
  await page.keyboard.press("End");
  assert.equal(await where(page), "100 updates");
});

test("the slider takes the same keys, one step for each", "path.html", async (page) => {
  await slider(page).focus();
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  assert.equal(await where(page), "1 update");
  assert.equal(await slider(page).getAttribute("aria-valuetext"), "1 update");
});

test("a path can be hidden", "path.html", async (page) => {
  await page.locator('input[data-way="1"]').uncheck();
  assert.equal(await page.locator('.nn-way[data-way="1"]').isVisible(), false);
  assert.equal(await page.locator('.nn-way[data-way="0"]').isVisible(), true);
  await page.locator('input[data-way="1"]').check();
  assert.equal(await page.locator('.nn-way[data-way="1"]').isVisible(), true);
});

test("play runs to the end, stops there, and begins anew", "frames.html", async (page) => {
  await page.locator(".nn-play").click();
  assert.match(await where(page), /^epoch 2,/);
  await page.waitForFunction(() => document.querySelector(".nn-play").textContent === "Play");
  assert.match(await where(page), /^epoch 10,/);
});

test("one frame is shown at a time, with its epoch in words", "frames.html", async (page) => {
  const shown = page.locator(".nn-frames img:visible");
  assert.equal(await shown.count(), 1);
  await move(page, 1);
  assert.equal(await shown.count(), 1);
  assert.match(await shown.getAttribute("alt"), /^epoch 4, loss /);
  assert.equal(await where(page), await shown.getAttribute("alt"));
  await picture(page, "frames");
});

test("by night the page is dark, and so are the contours", "path.html", async (page) => {
  const brightness = (selector, property) => page.locator(selector).first().evaluate((node, name) => {
    const rgb = getComputedStyle(node)[name].match(/[0-9.]+/g).map(Number);
    return (rgb[0] + rgb[1] + rgb[2]) / 765;
  }, property);
  assert.ok(await brightness(".nn-animate", "backgroundColor") < 0.2);
  assert.ok(await brightness(".nn-animate", "color") > 0.8);
  assert.ok(await brightness(".nn-ring", "fill") < 0.6);
  await move(page, 30);
  await picture(page, "path-dark");
}, { colorScheme: "dark" });

test("without a script the page shows the whole paths", "path.html", async (page) => {
  assert.equal(await page.locator(".nn-controls").isVisible(), false);
  assert.equal(await page.locator(".nn-way").count(), 3);
  assert.equal(await cell(page, 1, "iteration"), "100");
  await picture(page, "path-no-script");
}, { javaScriptEnabled: false });

test("a narrow screen cuts nothing", "path.html", async (page) => {
  await picture(page, "path-narrow");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
}, { viewport: { width: 380, height: 800 } });

test("a page that comes late plays too, and leaves the keys outside to others", "empty.html", async (page) => {
  await page.evaluate(() => { document.querySelector("#here").innerHTML = document.querySelector("#late").innerHTML; });
  await page.waitForSelector("#here .nn-controls:not([hidden])");
  const last = await where(page);
  await page.locator("body").press("Home");
  assert.equal(await where(page), last);
  await page.locator(".nn-play").focus();
  await page.keyboard.press("Home");
  assert.notEqual(await where(page), last);
});

test("two pages in one document play by themselves, also where the script is read before them", "early.html", async (page) => {
  assert.equal(await page.locator(".nn-controls:visible").count(), 2);
  await page.locator(".nn-play").nth(1).focus();
  await page.keyboard.press("Home");
  const texts = await page.locator(".nn-where").allInnerTexts();
  assert.match(texts[0], /^epoch 10,/);
  assert.equal(texts[1], "0 updates");
});

await runTests();
