// Checks the exercises of nn_exercise_page(). What the engine said of each answer stands in the exercise's data-key; nothing is computed here but
// the distance of a number from it.
(function () {
  "use strict";

  var all = window.nnPage.all, make = window.nnPage.make;

  // Hexadecimal digits of UTF-8 text: so that answers are not read at a glance.
  function decode(hex) {
    var bytes = new Uint8Array(hex.length / 2);
    for (var k = 0; k < bytes.length; k++) bytes[k] = parseInt(hex.substr(2 * k, 2), 16);
    return JSON.parse(new TextDecoder().decode(bytes));
  }

  // As people write numbers: a comma for the point, a true minus. NaN for anything else.
  function number(text) {
    var plain = text.trim().replace(/\u2212/g, "-").replace(",", ".");
    return /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
  }

  function near(value, answer, tolerance) { return Math.abs(value - answer) <= tolerance; }

  function startExercise(exercise, solved) {
    var key = decode(exercise.getAttribute("data-key"));
    var form = exercise.querySelector("form");
    var says = exercise.querySelector(".nnx-says");
    var solve = exercise.querySelector(".nnx-solve");
    var fields = all(form, "input[type=text]");
    var choices = all(form, "input[type=radio], input[type=checkbox]");
    form.querySelector(".nnx-buttons").hidden = false;
    var wrong = 0;
    var solution = null;

    // Right and wrong are told by a sign and a word, not by colour alone.
    function mark(field, right) {
      var cell = field.parentNode;
      cell.classList.toggle("nnx-right", right === true);
      cell.classList.toggle("nnx-wrong", right === false);
      if (right === false) field.setAttribute("aria-invalid", "true"); else field.removeAttribute("aria-invalid");
    }

    function say(right, texts) {
      says.textContent = "";
      says.className = "nnx-says " + (right === true ? "nnx-good" : right === false ? "nnx-bad" : "");
      texts.filter(Boolean).join("\n").split("\n").forEach(function (line) { says.appendChild(make("p", {}, line)); });
    }

    function hint() {
      var text = key.hints[Math.min(wrong, key.hints.length) - 1];
      return "Hint " + Math.min(wrong, key.hints.length) + " of " + key.hints.length + ": " + text;
    }

    function judge(right, told) {
      if (right) {
        exercise.classList.add("nnx-done");
        say(true, ["Right."].concat(told));
        solved();
      } else {
        wrong += 1;
        say(false, ["Not yet."].concat(told, hint()));
      }
    }

    function checkNumbers() {
      var values = fields.map(function (field) { return number(field.value); });
      var open = values.filter(isNaN).length;
      if (open > 0) {
        var first = fields[values.findIndex(isNaN)];
        say(null, [first.value.trim() === "" ? "A number is missing." : "\u201c" + first.value.trim() + "\u201d is no number."]);
        first.focus();
        return;
      }
      var cells = values.map(function (value, k) { return near(value, key.answer[k], key.tolerance[k]); });
      cells.forEach(function (right, k) { mark(fields[k], right); });
      var right = cells.every(Boolean);
      var told = [];
      if (!right) {
        var likely = key.mistakes.filter(function (mistake) {
          return values.every(function (value, k) { return near(value, mistake.value[k], mistake.tolerance[k]); });
        })[0];
        if (likely) told = [likely.text];
        else if (cells.some(Boolean)) told = ["Wrong: " + key.names.filter(function (name, k) { return !cells[k]; }).join(", ") + "."];
      }
      judge(right, told);
    }

    function checkChoice() {
      var picked = choices.filter(function (choice) { return choice.checked; });
      if (picked.length === 0) { say(null, ["Choose first."]); return; }
      var many = choices[0].type === "checkbox";
      var option = key.options[Number(picked[0].value) - 1];
      if (!many) { judge(option.right, [exercise.getAttribute("data-kind") === "rate" ? "With " + option.text + " " + option.why : option.why]); return; }
      var misjudged = choices.filter(function (choice) { return choice.checked !== key.options[Number(choice.value) - 1].right; });
      judge(misjudged.length === 0, misjudged.length === 0 ?
        key.options.map(function (one) { return one.text + ": " + one.why; }) : [misjudged.length + " of " + choices.length + " are not judged rightly."]);
    }

    form.addEventListener("submit", function (event) {
      event.preventDefault();
      if (fields.length > 0) checkNumbers(); else checkChoice();
    });
    // What was said of an answer is not true of the next.
    form.addEventListener("input", function (event) {
      if (event.target.type === "text") mark(event.target, null);
      exercise.classList.remove("nnx-done");
      solved();
    });
    solve.addEventListener("click", function () {
      if (solution) {
        solution.hidden = !solution.hidden;
      } else {
        solution = make("ul", { "class": "nnx-solution" });
        key.solution.forEach(function (line) {
          if (fields.length > 0) solution.appendChild(make("li")).appendChild(make("code", {}, line));
          else solution.appendChild(make("li", {}, line));
        });
        says.parentNode.appendChild(solution);
      }
      solve.setAttribute("aria-expanded", String(!solution.hidden));
    });
  }

  function start(page) {
    var exercises = all(page, ".nnx-exercise");
    var score = page.querySelector(".nnx-score");
    function tell() {
      var text = all(page, ".nnx-done").length + " of " + exercises.length + " right.";
      if (score.textContent !== text) score.textContent = text;
    }
    exercises.forEach(function (exercise) { startExercise(exercise, tell); });
    tell();
  }

  window.nnPage.start("nn-exercises", start);
})();
