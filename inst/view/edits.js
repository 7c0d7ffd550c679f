// Changing a number, upon which all is computed anew; and, on a page to be filled in, what is said of an answer.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make;

  nn.editor = function (v) {
    v.edit = function (td, step, i, j) {
      var x = v.state.results[step.at];
      var role = td.closest("table").classList.contains("nn-operand") ? "operand" : "result";
      var name = nn.cellName(step.key, x, i, j);
      var input = make("input", { type: "text", inputmode: "decimal", size: "8", autocomplete: "off", "aria-label": name + ", new number" });
      input.value = nn.plain(x.get(i, j));
      td.textContent = "";
      td.appendChild(input);
      input.select();
      input.focus();
      var done = false;
      function finish(take, refocus) {
        if (done) return;
        var text = input.value.trim(), value = nn.typed(text);
        if (take && text !== "" && value !== value) {
          input.setAttribute("aria-invalid", "true");
          v.live.textContent = "'" + text + "' is no number.";
          if (refocus) return;
          take = false;
        }
        done = true;
        if (take) change(step, i, j, text === "" ? undefined : value, name);
        redraw();
        if (refocus) v.focusOn(step, i, j, role);
      }
      input.addEventListener("keydown", function (event) {
        if (event.key === "Enter") { finish(true, true); event.preventDefault(); event.stopPropagation(); }
        if (event.key === "Escape") { finish(false, true); event.preventDefault(); event.stopPropagation(); }
      });
      input.addEventListener("blur", function () { finish(true, false); });
    };

    // `value` undefined brings back the engine's.
    function change(step, i, j, value, name) {
      var key = nn.rowId(v.model, step, i);
      var others = (v.edits.cells[step.key] || []).filter(function (one) { return !(one.id === key && one.j === j); });
      if (value !== undefined && value !== step.result.get(i, j)) others.push({ id: key, j: j, value: value });
      v.edits.cells[step.key] = others;
      compute(name + " is now " + (value === undefined ? "the engine's" : nn.plain(value)));
    }

    function compute(said) {
      v.edited = v.edits.lr === undefined ? 0 : 1;
      Object.keys(v.edits.cells).forEach(function (key) { v.edited += v.edits.cells[key].length; });
      v.state = v.edited === 0 ? v.model.engine : nn.run(v.model, v.edits);
      v.tell();
      v.live.textContent = said + ". " + v.loss.textContent;
    }

    function redraw() {
      var here = v.cell;
      v.draw();
      if (here && v.stops[v.at].steps.indexOf(here.step) >= 0) v.explain(here.step, here.i, here.j, true); else v.explain(v.stops[v.at].steps[0], 0, 0, true);
    }

    if (v.rate) {
      v.rate.addEventListener("change", function () {
        var value = nn.typed(v.rate.value);
        v.rate.removeAttribute("aria-invalid");
        if (v.rate.value.trim() === "" || value === nn.rate(v.model, v.it, {})) delete v.edits.lr;
        else if (value === value && value > 0) v.edits.lr = v.model.lr[v.it] === v.model.lr[0] ? value : v.model.lr[0] * (value / v.model.lr[v.it]);
        else { v.rate.setAttribute("aria-invalid", "true"); return; }
        compute("the learning rate is now " + v.rate.value);
        v.rate.value = nn.plain(nn.rate(v.model, v.it, v.edits));
        redraw();
      });
      v.rate.addEventListener("keydown", function (event) { if (event.key === "Enter") v.rate.dispatchEvent(new Event("change")); });
      v.reset.addEventListener("click", function () {
        v.edits = { cells: {} };
        compute("Back to the engine's numbers");
        redraw();
        v.play.focus();
      });
    }

    // ---- A page to be filled in. ----

    v.hint = function (how, text) {
      var why = v.stage.querySelector(".nn-why");
      why.textContent = "";
      why.setAttribute("aria-live", "polite");
      why.appendChild(make("p", { "class": "nn-hint nn-hint-" + (how || "none") }, text));
    };

    v.answered = function () {
      v.tell();
      v.picture(v.stops[v.at].steps[0], 0, 0);
    };

    if (v.answers) {
      v.answers.addEventListener("click", function () {
        v.stops[v.at].steps.forEach(function (step) {
          if (step.op !== "given") v.form.reveal(step, function (x) { return nn.decimals(shownValues(x), v.data.digits); });
        });
        v.show(v.at, false);
      });
    }

    function shownValues(x) {
      var values = [];
      for (var i = 0; i < Math.min(x.n, v.data.rows); i++) for (var j = 0; j < Math.min(x.m, v.data.columns); j++) values.push(x.get(i, j));
      return values;
    }
  };
})(typeof window === "undefined" ? globalThis : window);
