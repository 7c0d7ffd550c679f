// Drives Chromium over the pages of nn_exercise_page(). usage: node exercise.mjs FOLDER-WITH-PAGES

import assert from "node:assert/strict";
import { picture, runTests, test } from "./harness.mjs";

const exercise = (page, kind) => page.locator(`.nnx-exercise[data-kind="${kind}"]`).first();
const says = (part) => part.locator(".nnx-says").innerText();
const check = (part) => part.locator(".nnx-check").click();
const key = (part) => part.evaluate((node) => JSON.parse(new TextDecoder().decode(
  new Uint8Array(node.getAttribute("data-key").match(/../g).map((two) => parseInt(two, 16))))));

async function fill(part, values) {
  const fields = part.locator("input[type=text]");
  assert.equal(await fields.count(), values.length);
  for (let k = 0; k < values.length; k++) await fields.nth(k).fill(String(values[k]));
}

async function answerAll(page) {
  for (const part of await page.locator(".nnx-exercise").all()) {
    const known = await key(part);
    if (known.answer) await fill(part, known.answer.map((value) => value.toFixed(4)));
    for (const [k, option] of (known.options || []).entries()) {
      if (option.right) await part.locator(`input[value="${k + 1}"]`).check();
    }
    await check(part);
  }
}

test("right answers to four decimals are right in every kind, and the score counts them", "exercises.html", async (page) => {
  assert.equal(await page.locator(".nnx-score").innerText(), "0 of 5 right.");
  await answerAll(page);
  assert.equal(await page.locator(".nnx-score").innerText(), "5 of 5 right.");
  assert.equal(await page.locator(".nnx-good").count(), 5);
  await picture(page, "exercises-right");
});

test("a wrong number gets hints that become more explicit, a known mistake its name", "exercises.html", async (page) => {
  const part = exercise(page, "backward");
  const known = await key(part);
  const seen = [];
  for (let k = 0; k < 4; k++) {
    await fill(part, known.answer.map(() => "0.9"));
    await check(part);
    seen.push(await says(part));
  }
  known.hints.forEach((hint, k) => assert.ok(seen[k].includes(`Hint ${k + 1} of 3`) && hint.split("\n").every((line) => seen[k].includes(line))));
  assert.equal(seen[3], seen[2]);
  await fill(part, known.mistakes[0].value);
  await check(part);
  assert.ok((await says(part)).includes(known.mistakes[0].text));
  await picture(page, "exercises-wrong");
});

test("of several cells each is marked by itself, by a sign and for screen readers", "exercises.html", async (page) => {
  const part = exercise(page, "backward");
  const known = await key(part);
  await fill(part, [known.answer[0], 0.9]);
  await check(part);
  const fields = part.locator("input[type=text]");
  assert.equal(await fields.nth(0).getAttribute("aria-invalid"), null);
  assert.equal(await fields.nth(1).getAttribute("aria-invalid"), "true");
  const sign = (k) => part.locator(".nnx-cell").nth(k).evaluate((node) => getComputedStyle(node, "::after").content);
  assert.equal(await sign(0), "\"\u2713\"");
  assert.equal(await sign(1), "\"\u2717\"");
  assert.ok((await says(part)).includes(known.names[1]) && !(await says(part)).split("Hint")[0].includes(known.names[0]));
  // A mark does not outlive the number that it judged.
  await fields.nth(1).fill("0.8");
  assert.equal(await fields.nth(1).getAttribute("aria-invalid"), null);
});

test("a decimal comma and a true minus are read, text is refused without counting as wrong", "exercises.html", async (page) => {
  const part = exercise(page, "forward");
  const known = await key(part);
  const field = part.locator("input[type=text]");
  await field.fill("half");
  await check(part);
  assert.match(await says(part), /is no number/);
  await field.fill("");
  await check(part);
  assert.match(await says(part), /missing/);
  await field.fill("7");
  await check(part);
  assert.match(await says(part), /Hint 1 of 3/);
  await field.fill(known.answer[0].toFixed(4).replace(".", ",").replace("-", "\u2212"));
  await check(part);
  assert.match(await says(part), /^Right/);
});

test("the whole page can be worked through by keyboard", "exercises.html", async (page) => {
  const part = exercise(page, "forward");
  const known = await key(part);
  await part.locator("input[type=text]").focus();
  await page.keyboard.type(known.answer[0].toFixed(4));
  await page.keyboard.press("Enter");
  assert.match(await says(part), /^Right/);
  const rate = exercise(page, "rate");
  await rate.locator("input").first().focus();
  await page.keyboard.press("Space");
  await page.keyboard.press("ArrowDown");
  await page.keyboard.press("Enter");
  assert.match(await says(rate), /With .* the loss/);
  await page.keyboard.press("Tab");
  assert.equal(await page.evaluate(() => document.activeElement.className), "nnx-check");
});

test("a wrong line, start or rate says what came of it", "exercises.html", async (page) => {
  const bug = exercise(page, "bug");
  const known = await key(bug);
  const wrong = known.options.findIndex((option) => !option.right);
  await bug.locator(`input[value="${wrong + 1}"]`).check();
  await check(bug);
  assert.ok((await says(bug)).includes("is as it should be"));
  const symmetry = exercise(page, "symmetry");
  await check(symmetry);
  assert.equal(await says(symmetry), "Choose first.");
  for (const box of await symmetry.locator("input").all()) await box.check();
  await check(symmetry);
  assert.match(await says(symmetry), /[1-4] of 5 are not judged rightly/);
});

test("the solution is there on request, and hides again", "exercises.html", async (page) => {
  const part = exercise(page, "backward");
  const button = part.locator(".nnx-solve");
  assert.equal(await part.locator(".nnx-solution").count(), 0);
  await button.click();
  assert.equal(await button.getAttribute("aria-expanded"), "true");
  assert.equal(await part.locator(".nnx-solution li").count(), (await key(part)).solution.length);
  await button.click();
  assert.equal(await part.locator(".nnx-solution").isVisible(), false);
});

test("a changed answer is no longer counted as right", "exercises.html", async (page) => {
  await answerAll(page);
  await exercise(page, "forward").locator("input[type=text]").fill("7");
  assert.equal(await page.locator(".nnx-score").innerText(), "4 of 5 right.");
});

test("every field has a name, and every exercise a heading that it is labelled by", "exercises.html", async (page) => {
  const nameless = await page.evaluate(() => Array.from(document.querySelectorAll("input")).filter((input) =>
    !input.getAttribute("aria-label") && !(input.labels && input.labels.length && input.labels[0].textContent.trim())).length);
  assert.equal(nameless, 0);
  const labelled = await page.evaluate(() => Array.from(document.querySelectorAll(".nnx-exercise")).every((part) =>
    document.getElementById(part.getAttribute("aria-labelledby"))));
  assert.ok(labelled);
});

test("the teacher's page has the answers in sight, the pupils' has not", "exercises-answers.html", async (page) => {
  assert.equal(await page.locator(".nnx-answer:visible").count(), 5);
  await picture(page, "exercises-answers");
});

// The contrast of text on its ground, as WCAG has it.
const contrast = (page, selector) => page.evaluate((selector) => {
  const light = (text) => {
    const part = text.match(/[\d.]+/g).slice(0, 3).map((x) => { x /= 255; return x <= 0.03928 ? x / 12.92 : ((x + 0.055) / 1.055) ** 2.4; });
    return 0.2126 * part[0] + 0.7152 * part[1] + 0.0722 * part[2];
  };
  const node = document.querySelector(selector);
  let ground = node;
  while (getComputedStyle(ground).backgroundColor === "rgba(0, 0, 0, 0)") ground = ground.parentElement;
  const pair = [light(getComputedStyle(node).color), light(getComputedStyle(ground).backgroundColor)].sort((a, b) => b - a);
  return (pair[0] + 0.05) / (pair[1] + 0.05);
}, selector);

for (const colorScheme of ["light", "dark"]) {
  test("text can be read in " + colorScheme, "exercises.html", async (page) => {
    await fill(exercise(page, "forward"), [7]);
    await check(exercise(page, "forward"));
    const bug = exercise(page, "bug");
    await bug.locator(`input[value="${(await key(bug)).options.findIndex((option) => option.right) + 1}"]`).check();
    await check(bug);
    for (const selector of ["h1", ".nnx-facts", ".nnx-formulas", "caption", "th[scope=row]", "tbody td", ".nnx-check", ".nnx-solve", ".nnx-bad p", ".nnx-good p", "legend"]) {
      assert.ok(await contrast(page, ".nn-exercises " + selector) >= 4.5, selector);
    }
    await picture(page, "exercises-" + colorScheme);
  }, { colorScheme });
}

test("a narrow screen cuts nothing", "exercises.html", async (page) => {
  await picture(page, "exercises-narrow");
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
  // A viewer's pane beside an editor.
  await page.setViewportSize({ width: 240, height: 300 });
  assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth));
}, { viewport: { width: 380, height: 800 } });

test("without JavaScript the questions stand, and say so", "exercises.html", async (page) => {
  assert.equal(await page.locator(".nnx-exercise:visible").count(), 5);
  assert.ok(await page.locator("noscript p").isVisible());
}, { javaScriptEnabled: false });

test("exercises that come late check too", "exercises.html", async (page) => {
  await page.evaluate(() => {
    const late = document.querySelector(".nn-exercises").cloneNode(true);
    late.removeAttribute("data-ready");
    document.querySelector(".nn-exercises").remove();
    document.querySelector("main").appendChild(late);
  });
  await page.waitForSelector(".nn-exercises[data-ready]");
  await answerAll(page);
  assert.equal(await page.locator(".nnx-score").innerText(), "5 of 5 right.");
});

await runTests();
