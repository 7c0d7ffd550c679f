// A matrix as it stands on the page: its tables with their signs, formula and notes, and what of it differs from the engine's.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make, phases = { start: "given", forward: "forward pass", backward: "backward pass", update: "update" };

  nn.stage = function (v) {
    function scaleOf(step) {
      if (step.scale === undefined) step.scale = step.result.v.reduce(function (most, x) { return Math.max(most, Math.abs(x)); }, 0) || 1;
      return step.scale;
    }

    function cellDiffers(step, i, j) {
      return !v.state.exact && !(Math.abs(v.state.results[step.at].get(i, j) - step.result.get(i, j)) <= 1e-10 * scaleOf(step));
    }

    v.differs = function (step) {
      for (var i = 0; i < Math.min(step.result.n, v.data.rows); i++) {
        for (var j = 0; j < Math.min(step.result.m, v.data.columns); j++) if (cellDiffers(step, i, j)) return true;
      }
      return false;
    };

    function editOf(step, i, j) {
      var found = (v.edits.cells[step.key] || []).filter(function (one) { return one.id === nn.rowId(v.model, step, i) && one.j === j; });
      return step.op === "given" && !step.kind.carried && found.length > 0 ? found[0] : null;
    }

    // Data, and what the first iteration starts from.
    v.canEdit = function (step) {
      return v.canCompute && step && step.op === "given" && step.phase === "start" && !step.kind.carried && /^(0|1)$/.test(step.number) &&
        (step.number === 1 || step.key === "X" || step.key === "Y");
    };

    // ---- A stop, as it stands on the page. ----

    function tableOf(step, x, role, caption, key, before) {
      return nn.table(x, {
        key: key, caption: caption, role: role, digits: v.data.digits, rows: v.data.rows, columns: v.data.columns, before: before,
        cell: function (i, j, decimals) {
          var classes = [];
          if (!step) return { classes: classes };
          if (v.form && role === "result" && step.op !== "given") return { classes: ["nn-field"], content: v.form.field(step, i, j, decimals, v.hint) };
          if (v.form && !v.form.known(step, i, j)) return { text: "?", label: nn.cellName(key, x, i, j) + ", not filled in yet" };
          var editable = v.canEdit(step);
          if (editable) classes.push("nn-editable");
          var title;
          if (editOf(step, i, j)) classes.push("nn-edited");
          if (cellDiffers(step, i, j)) {
            classes.push("nn-changed");
            title = "the engine's number: " + nn.aligned(step.result.get(i, j), decimals, v.data.digits);
          }
          return {
            classes: classes, title: title, tab: role === "result",
            label: editable ? "%, can be changed: " + nn.cellName(key, x, i, j) : undefined
          };
        }
      });
    }

    // `alive`: true with buttons that do something, false for measuring, "paper" with all sums.
    v.sectionOf = function (stop, alive) {
      var first = stop.steps[0];
      var given = first.op === "given";
      var section = make("section", { "class": "nn-step", "data-phase": stop.phase });
      var heading = section.appendChild(make("h3"));
      heading.appendChild(make("span", { "class": "nn-badge" }, phases[stop.phase]));
      heading.appendChild(document.createTextNode(" " + stop.title));
      section.setAttribute("aria-label", stop.title);
      if (!given) {
        section.appendChild(make("p", { "class": "nn-formula" })).appendChild(make("code", {}, first.kind.formula));
        section.appendChild(make("p", { "class": "nn-shape" }, first.kind.shape));
      }
      notesOf(stop).forEach(function (note) { section.appendChild(make("p", { "class": "nn-note" }, note)); });
      var why = section.appendChild(make("div", { "class": "nn-why" }));
      if (v.form) why.appendChild(make("p", { "class": "nn-hint" }, given ? "" : "Fill in the cells; Enter checks."));
      section.appendChild(rowOf(stop, alive));
      if (!given && !v.form) section.appendChild(v.sumsOf(first, alive));
      return section;
    };

    // Notes that name a rate or a factor speak of the engine's numbers.
    function notesOf(stop) {
      var notes = [];
      stop.steps.forEach(function (step) { if (step.note && notes.indexOf(step.note) < 0) notes.push(step.note); });
      if (v.state.exact) return notes;
      var scalars = nn.scalarsOf(v.model, stop.steps[0], v.edits);
      return notes.map(function (note) {
        if (/^lr = /.test(note)) return "lr = " + nn.format(scalars.lr[0], v.data.digits);
        return /The whole gradient was shortened/.test(note) ? note + " (the engine's factor)" : note;
      });
    }

    v.clipOf = function (step) {
      if (!step.scalars.clip) return undefined;
      return v.state.exact ? step.scalars.clip[0] : v.state.clips[step.iteration];
    };

    function rowOf(stop, alive) {
      var first = stop.steps[0];
      if (first.op === "given") {
        return nn.row(stop.steps.map(function (step) { return wired(tableOf(step, v.state.results[step.at], "result", step.key, step.key), step, "result", alive); }), []);
      }
      var ops = nn.operands(first, v.state.results);
      var tables = ops.map(function (operand, k) {
        var key = first.operands[k];
        var from = first.from[k] >= 0 ? v.model.steps[first.from[k]] : null;
        var origin = from && from.kind.carried ? sourceOf(from) : from;
        var own = origin && origin.iteration === first.iteration ? origin : from;
        var table = tableOf(own, operand, "operand", key === first.key ? key + " before" : key, key);
        return wired(table, own, "operand", alive, from);
      });
      var before = ops[first.operands.indexOf(first.key)];
      var caption = before ? first.key + " after" : first.key;
      tables.push(wired(tableOf(first, v.state.results[first.at], "result", caption, first.key, v.form ? undefined : before), first, "result", alive));
      return nn.row(tables, nn.signs(first, nn.scalarsOf(v.model, first, v.edits), v.clipOf(first), v.data.digits));
    }

    // Where a number that was carried over came from.
    function sourceOf(step) {
      while (step && step.kind.carried && step.from[0] >= 0) step = v.model.steps[step.from[0]];
      return step;
    }

    function wired(table, step, role, alive) {
      if (!alive) return table;
      table.addEventListener("click", function (event) {
        var td = event.target.closest("td[data-i]");
        if (!td || v.form || td.querySelector("input")) return;
        v.halt();
        var i = Number(td.getAttribute("data-i")) - 1, j = Number(td.getAttribute("data-j")) - 1;
        if (role === "result") v.explain(step, i, j);
        if (v.canEdit(step)) v.edit(td, step, i, j);
        else if (role === "operand" && step) v.follow(step, i, j);
      });
      return table;
    }
  };
})(typeof window === "undefined" ? globalThis : window);
