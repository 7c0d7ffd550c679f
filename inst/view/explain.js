// A cell: the cells that it is made from, the sum behind it, its check, and its place in the picture.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make, all = nn.all;

  nn.explainer = function (v) {
    v.rowsShown = function (step) { return Math.min(step.result.n, v.data.rows); };
    v.about = function (step) { return nn.subjectOf(v.model, step.key); };

    v.explain = function (step, i, j, quiet) {
      if (i >= v.rowsShown(step) || j >= Math.min(step.result.m, v.data.columns) || i < 0) { i = 0; j = 0; }
      v.cell = { step: step, i: i, j: j };
      all(v.stage, ".nn-current, .nn-read").forEach(function (other) { other.classList.remove("nn-current", "nn-read"); });
      var td = v.tdOf(step, i, j);
      if (td) td.classList.add("nn-current");
      readsOf(step, i, j).forEach(function (read) {
        read.places.forEach(function (place) {
          if (place[0] >= v.data.rows || place[1] >= v.data.columns) return;
          var other = v.tdOf({ key: read.key }, place[0], place[1], "operand");
          if (other) other.classList.add("nn-read");
        });
      });
      write(step, i, j, quiet);
      v.picture(step, i, j);
    };

    function readsOf(step, i, j) {
      if (step.op === "given") return [];
      return nn.operands(step, v.state.results).map(function (operand, k) {
        return { key: step.operands[k], places: step.reads[k] ? nn.places(step.reads[k], operand, i, j) : [] };
      });
    }

    function write(step, i, j, quiet) {
      var why = v.stage.querySelector(".nn-why");
      why.textContent = "";
      why.setAttribute("aria-live", quiet ? "off" : "polite");
      v.writeInto(why, step, i, j);
    }

    v.writeInto = function (why, step, i, j) {
      var x = v.state.results[step.at];
      why.appendChild(make("p", { "class": "nn-sum" })).appendChild(make("code", {}, nn.cellName(step.key, x, i, j) + " = " + told(step, i, j)));
      if (step.op === "given") {
        var from = step.phase === "forward" ? "Drawn by the engine." : step.number === 0 ? "Given: this is the data." : step.kind.carried
          ? "As the iteration before left it." : "Given: this is where the iteration starts.";
        why.appendChild(make("p", { "class": "nn-check" }, from + (v.canEdit(step) ? " A click changes it." : "")));
        return;
      }
      var check = checkOf(step, i, j);
      if (!check) return;
      var line = why.appendChild(make("p", { "class": "nn-check" }, "Checked by finite differences: " + check.what + " is "));
      line.appendChild(make("code", {}, nn.format(check.analytic, 7)));
      line.appendChild(document.createTextNode(" by backpropagation and "));
      line.appendChild(make("code", {}, nn.format(check.numeric, 7)));
      line.appendChild(document.createTextNode(" by nudging the number up and down; "));
      line.appendChild(make("span", { "class": check.agrees ? "nn-agree" : "nn-differ" }, check.agrees ? "they agree \u2713" : "they differ \u2717"));
      line.appendChild(document.createTextNode(" (relative difference " + nn.format(check.relative, 2) + ")."));
    };

    function told(step, i, j) {
      var result = nn.format(v.state.results[step.at].get(i, j), v.data.digits);
      if (step.op === "given") return result;
      var sum = nn.sum(step, nn.operands(step, v.state.results), nn.scalarsOf(v.model, step, v.edits), v.clipOf(step), i, j, v.data.digits);
      return (sum ? sum + " = " : "") + result;
    }

    function checkOf(step, i, j) {
      if (!v.data.check) return null;
      return v.model.obstacle ? nn.storedDifference(step, i, j) : nn.difference(v.model, v.state, step, i, j);
    }

    // The sums of all cells; written when they are opened, since they are many.
    v.sumsOf = function (step, alive) {
      var details = make("details", { "class": "nn-sums" });
      details.appendChild(make("summary", {}, "The sum behind every cell" + (checkOf(step, 0, 0) ? ", and its check" : "")));
      function fillIn() {
        if (details.querySelector("table")) return;
        var checked = !!checkOf(step, 0, 0);
        var table = details.appendChild(make("div", { "class": "nn-scroll" })).appendChild(make("table"));
        table.appendChild(make("caption", { "class": "nn-unseen" }, "Sums behind the cells of " + step.key));
        var top = table.appendChild(make("thead")).appendChild(make("tr"));
        ["cell", "sum"].concat(checked ? ["by backpropagation", "by finite differences", "agree"] : []).forEach(function (name) {
          top.appendChild(make("th", { scope: "col" }, name));
        });
        var body = table.appendChild(make("tbody"));
        for (var i = 0; i < v.rowsShown(step); i++) {
          for (var j = 0; j < Math.min(step.result.m, v.data.columns); j++) {
            var line = body.appendChild(make("tr"));
            line.appendChild(make("th", { scope: "row" }, nn.cellName("", step.result, i, j)));
            line.appendChild(make("td")).appendChild(make("code", {}, told(step, i, j)));
            if (!checked) continue;
            var check = checkOf(step, i, j);
            line.setAttribute("data-agrees", check.agrees ? "yes" : "no");
            [nn.format(check.analytic, 7), nn.format(check.numeric, 7), check.agrees ? "\u2713" : "\u2717"].forEach(function (text) {
              line.appendChild(make("td", {}, text));
            });
          }
        }
      }
      details.addEventListener("toggle", function () {
        if (alive) v.open = details.open;
        if (details.open) fillIn();
      });
      if (v.open || alive === "paper") {
        details.open = true;
        fillIn();
      }
      return details;
    };

    // ---- The picture. ----

    // The last step of this iteration before or at the one shown that wrote one of `keys`.
    function latest(step, keys) {
      var found = null;
      nn.stepsOf(v.model, step.iteration).forEach(function (other) {
        if (other.at <= step.at && keys.indexOf(other.key) >= 0) found = other;
      });
      return found && { key: found.key, x: v.state.results[found.at], step: found };
    }

    v.picture = function (step, i, j) {
      var keys = v.data.layers.keys;
      var marked = {};
      var focus = v.data.layers.sizes.map(function () { return 0; });
      function light(key, i, j, how) {
        var of = nn.subjectOf(v.model, key);
        var name = of.units !== undefined ? "u:" + of.units + ":" + j : of.weights ? "w:" + of.weights + ":" + i + ":" + j : of.biases ? "b:" + of.biases + ":" + j : "";
        if (marked[name] !== "current") marked[name] = how;
        if (how !== "current") return;
        if (of.units !== undefined) { focus[of.units] = j; v.row = i; }
        if (of.weights) { focus[of.weights - 1] = i; focus[of.weights] = j; }
        if (of.biases) focus[of.biases] = j;
      }
      if (!v.form) {
        light(step.key, i, j, "current");
        readsOf(step, i, j).forEach(function (read) { read.places.forEach(function (place) { light(read.key, place[0], place[1], "read"); }); });
      }
      var rowed = latest(step, ["X"]);
      var shownRow = rowed ? Math.min(v.row, rowed.x.n - 1) : 0;
      v.diagram.draw({
        row: shownRow, rowName: rowed ? rowed.x.rowName(shownRow) : "", marks: marked, focus: focus, target: (latest(step, ["Y"]) || {}).x || null,
        units: function (l) {
          return latest(step, l === 0 ? ["X"] : [keys.z[l - 1], keys.a[l - 1], keys.slope[l - 1], keys.error[l - 1], keys.delta[l - 1]]);
        },
        weights: function (l) { return latest(step, [keys.weights[l - 1]]); }, biases: function (l) { return latest(step, [keys.biases[l - 1]]); },
        // Of matrices that are carried in part some numbers are not there.
        seen: function (key, x, i, j) {
          if (x.get(i, j) === undefined) return false;
          if (!v.form) return true;
          var made = latest(step, [key]);
          return v.form.known(made.step, i, j);
        }
      });
    };
  };
})(typeof window === "undefined" ? globalThis : window);
