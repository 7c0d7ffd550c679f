// A page to be filled in: what was typed into the cells of results, and whether it is right.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

  // Right is the engine's number rounded to as many decimals as were typed, two digits of it at least, or what is off by no more than one unit of the
  // last digit that the page would show: whoever computes with numbers as shown comes no nearer.
  nn.isRight = function (text, value, decimals, digits) {
    var typed = nn.typed(text);
    if (typed !== typed) return false;
    if (typed === value) return true;
    var parts = text.trim().toLowerCase().replace(",", ".").split("e");
    var given = parts[0].replace(/[^\d.]/g, "");
    var places = (given.split(".")[1] || "").length - Number(parts[1] || 0);
    var significant = given.replace(".", "").replace(/^0+/, "").length;
    var off = Math.abs(typed - value);
    if (significant >= 2 && off <= 0.5 * Math.pow(10, -places) * (1 + 1e-9)) return true;
    var unit = decimals === null ? Math.pow(10, Math.floor(Math.log10(Math.abs(value))) - digits + 1) : Math.pow(10, -decimals);
    return off <= unit * (1 + 1e-9) && off <= Math.abs(value) * 0.05;
  };

  // What is filled in of a trace. `changed()` is called after every answer.
  nn.blank = function (model, changed) {
    var typed = {};
    var right = {};
    var tries = {};
    function id(step, i, j) { return step.at + ":" + i + ":" + j; }

    // Whether a cell may be seen: data are, results when they are right.
    function known(step, i, j) {
      if (step.kind.carried && step.from[0] >= 0) return known(model.steps[step.from[0]], i, j);
      return step.op === "given" || right[id(step, i, j)] === true;
    }

    function score() {
      var all = 0, done = 0;
      model.steps.forEach(function (step) {
        if (step.op === "given") return;
        for (var i = 0; i < Math.min(step.result.n, model.data.rows); i++) {
          for (var j = 0; j < Math.min(step.result.m, model.data.columns); j++) {
            all += 1;
            if (right[id(step, i, j)]) done += 1;
          }
        }
      });
      return { done: done, all: all };
    }

    function mark(input, step, i, j) {
      var state = right[id(step, i, j)];
      input.parentNode.classList.toggle("nn-right", state === true);
      input.parentNode.classList.toggle("nn-wrong", state === false);
      if (state === false) input.setAttribute("aria-invalid", "true"); else input.removeAttribute("aria-invalid");
      input.readOnly = state === true;
    }

    // The field of a cell.
    function field(step, i, j, decimals, hint) {
      var x = step.result;
      var name = nn.cellName(step.key, x, i, j);
      var input = nn.make("input", { type: "text", inputmode: "decimal", autocomplete: "off", size: "7", "aria-label": name });
      input.value = typed[id(step, i, j)] || "";
      input.addEventListener("change", function () {
        var text = input.value.trim();
        // Enter may say twice that something was typed.
        if (right[id(step, i, j)] === true || typed[id(step, i, j)] === text) return;
        typed[id(step, i, j)] = text;
        if (text === "") {
          delete right[id(step, i, j)];
          hint("", "");
        } else {
          var good = nn.isRight(text, x.get(i, j), decimals, model.data.digits);
          right[id(step, i, j)] = good;
          tries[id(step, i, j)] = (tries[id(step, i, j)] || 0) + (good ? 0 : 1);
          hint(good ? "right" : "wrong", good ? name + " = " + text + " is right." : clue(step, i, j, name, tries[id(step, i, j)]));
        }
        mark(input, step, i, j);
        changed();
      });
      input.addEventListener("keydown", function (event) { if (event.key === "Enter") input.dispatchEvent(new Event("change")); });
      window.setTimeout(function () { if (input.parentNode) mark(input, step, i, j); }, 0);
      return input;
    }

    // First the formula of the cell, then its numbers, of those that can be seen.
    function clue(step, i, j, name, tried) {
      var ops = nn.operands(step, model.engine.results);
      var clip = step.scalars.clip && step.scalars.clip[0];
      var formula = nn.sum(step, ops, step.scalars, clip, i, j, model.data.digits, true);
      if (!formula) return "Not right: " + step.kind.formula;
      var seen = step.operands.every(function (_, k) {
        if (step.from[k] < 0) return true;
        return nn.places(step.reads[k], ops[k], i, j).every(function (place) { return known(model.steps[step.from[k]], place[0], place[1]); });
      });
      if (tried < 2 || !seen) return "Not right yet: " + name + " = " + formula + (tried < 2 ? "" : ". Fill in first what it is made from.");
      return "Not right yet: " + name + " = " + nn.sum(step, ops, step.scalars, clip, i, j, model.data.digits);
    }

    function reveal(step, decimalsOf) {
      var x = step.result;
      for (var i = 0; i < Math.min(x.n, model.data.rows); i++) {
        for (var j = 0; j < Math.min(x.m, model.data.columns); j++) {
          right[id(step, i, j)] = true;
          typed[id(step, i, j)] = nn.aligned(x.get(i, j), decimalsOf(x), model.data.digits);
        }
      }
      changed();
    }

    return { known: known, score: score, field: field, reveal: reveal };
  };
})(typeof window === "undefined" ? globalThis : window);
