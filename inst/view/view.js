// The page of nn_view(): draws the matrix at hand, goes from one to the next, and takes changes. What it shows comes from the data in the page
// (engine's numbers) or, once something was changed, from compute.js.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  // A document that holds several pages may bring the scripts several times.
  if (nn.started) return;
  nn.started = true;
  var make = nn.make, all = nn.all;
  var phases = { start: "given", forward: "forward pass", backward: "backward pass", update: "update" };
  var titles = { "0": "The rows of this iteration", "1": "Weights and biases to start from" };

  // The matrices of an iteration as stops: what is given at once stands together.
  function stopsOf(model, iteration) {
    var stops = [];
    nn.stepsOf(model, iteration).forEach(function (step) {
      var last = stops[stops.length - 1];
      var together = step.phase === "start" && last && last.steps[0].phase === "start" && last.steps[0].number === step.number;
      if (together) last.steps.push(step); else stops.push({ steps: [step] });
    });
    stops.forEach(function (stop) {
      var first = stop.steps[0];
      stop.phase = first.phase;
      stop.label = stop.steps.map(function (step) { return step.key; }).join(", ");
      stop.title = first.phase !== "start" || stop.steps.length === 1 ? first.kind.name
        : first.number === 1 && first.kind.carried ? "Weights and biases so far" : titles[first.number];
    });
    return stops;
  }

  function start(view) {
    var source = view.querySelector(".nn-data");
    if (view.hasAttribute("data-ready") || !source) return;
    view.setAttribute("data-ready", "");
    view.classList.add("nn-live");
    view.tabIndex = -1;
    var data = JSON.parse(source.textContent);
    var model = nn.model(data);
    var id = view.id || "nn-view";
    var canCompute = !model.obstacle && !data.blank;
    var state = model.engine;
    var edits = { cells: {} };
    var edited = 0; // how many numbers were changed
    var it = 0, at = 0, timer = null, row = 0;
    var stops = [];
    var cell = null; // { step, i, j }
    var open = false; // whether the sums are
    var form = data.blank ? nn.blank(model, answered) : null;

    // ---- What stands around the matrix. ----

    var head = view.appendChild(make("div", { "class": "nn-head" }));
    head.appendChild(make("h2", {}, data.title));
    var badge = head.appendChild(make("span", { "class": "nn-source", role: "status" }));
    view.appendChild(make("p", { "class": "nn-facts" }, data.facts.join(" \u00b7 ")));
    var status = view.appendChild(make("div", { "class": "nn-status" }));
    var loss = status.appendChild(make("span", { "class": "nn-loss", "aria-live": "polite" }));
    var rate = null, reset = null;
    if (canCompute) {
      var label = status.appendChild(make("label", { "class": "nn-rate" }, "learning rate "));
      rate = label.appendChild(make("input", { type: "text", inputmode: "decimal", size: "7", autocomplete: "off", "aria-label": "learning rate" }));
      reset = head.insertBefore(make("button", { type: "button", "class": "nn-reset nn-idle" }, "Back to the engine's numbers"), badge);
    }
    if (model.obstacle && !data.blank) view.appendChild(make("p", { "class": "nn-obstacle" }, "These numbers can be looked at, not changed. " + model.obstacle));

    var controls = view.appendChild(make("div", { "class": "nn-controls", role: "group", "aria-label": "Go through the matrices" }));
    var back = controls.appendChild(make("button", { type: "button", "class": "nn-back" }, "Back"));
    var play = controls.appendChild(make("button", { type: "button", "class": "nn-play", "aria-pressed": "false" }, "Play"));
    var next = controls.appendChild(make("button", { type: "button", "class": "nn-next" }, "Next"));
    var each = make("input", { type: "checkbox", "class": "nn-each" });
    var eachLabel = controls.appendChild(make("label", {}, ""));
    eachLabel.appendChild(each);
    eachLabel.appendChild(document.createTextNode(" play each cell"));
    if (form) play.hidden = eachLabel.hidden = true;
    var answers = form && data.answers ? controls.appendChild(make("button", { type: "button", "class": "nn-answers" }, "Show the answers")) : null;
    var count = controls.appendChild(make("span", { "class": "nn-count" }));
    var slider = null, sliderText = null;
    if (data.iterations.length > 1) {
      var sliderLabel = controls.appendChild(make("label", { "class": "nn-iteration" }));
      sliderText = sliderLabel.appendChild(make("span"));
      slider = sliderLabel.appendChild(make("input", { type: "range", min: "1", max: String(data.iterations.length), step: "1", value: "1", "aria-label": "iteration" }));
    }
    var timeline = view.appendChild(make("ol", { "class": "nn-timeline", "aria-label": "Matrices" }));
    var live = view.appendChild(make("p", { "class": "nn-unseen nn-announce", "aria-live": "polite" }));
    var diagram = nn.diagram(model, id);
    view.appendChild(diagram.node);
    var stage = view.appendChild(make("div", { "class": "nn-stage" }));
    legend();
    if (data.cut.length > 0) {
      view.appendChild(make("p", { "class": "nn-cut" }, "This page ends here; the trace does not. It shows " + data.cut.join(", ") +
        ". nn_view(trace, rows = , columns = , iterations = ) shows more."));
    }

    function legend() {
      var line = view.appendChild(make("p", { "class": "nn-legend" }));
      function item(text, key) {
        var one = line.appendChild(make("span"));
        if (key) one.appendChild(make("i", { "class": "nn-key " + key }));
        one.appendChild(document.createTextNode(text));
      }
      if (!form) {
        item("the cell explained", "nn-key-current");
        item("the cells it is made from", "nn-key-read");
      }
      if (!form) item("\u25b2 \u25bc rose or fell in the update");
      if (canCompute) {
        item("can be changed: click it", "nn-key-editable");
        item("differs from the engine's", "nn-key-changed");
      }
      item("\u2190 \u2192 matrix, " + (form ? "Home, End; in a field Tab goes on and Enter checks" : "\u2191 \u2193 cell, Home, End, Space plays"));
    }

    // ---- Where we are. ----

    function iterationAt() { return data.iterations[it]; }

    function marks() {
      timeline.textContent = "";
      stops.forEach(function (stop, k) {
        var item = timeline.appendChild(make("li"));
        var button = item.appendChild(make("button", { type: "button", "data-phase": stop.phase, title: stop.title + ": " + stop.label }));
        button.appendChild(make("span", {}, stop.label));
        button.addEventListener("click", function () { halt(); show(k); });
        stop.mark = button;
      });
    }

    function goTo(iteration) {
      it = iteration;
      stops = stopsOf(model, iterationAt());
      marks();
      if (slider) {
        slider.value = String(it + 1);
        sliderText.textContent = "iteration " + (it + 1) + " of " + data.iterations.length;
        slider.setAttribute("aria-valuetext", sliderText.textContent);
      }
      tell();
    }

    // The source of the numbers, the loss, the rate, and which matrices differ.
    function tell() {
      var digits = Math.max(5, data.digits);
      var lossText = function (of) { return nn.format(of.loss.before[it], digits) + " \u2192 " + nn.format(of.loss.after[it], digits); };
      if (form) {
        var score = form.score();
        badge.textContent = score.done + " of " + score.all + " cells right";
        badge.className = "nn-source nn-source-blank";
        loss.textContent = score.done === score.all ? "loss " + lossText(model.engine) : "";
      } else {
        badge.textContent = state.exact ? "the engine's numbers (exact)" : "computed by this page";
        badge.className = "nn-source " + (state.exact ? "nn-source-engine" : "nn-source-page");
        loss.textContent = "loss of " + (data.loss.partial ? "this batch of " : "") + nn.count(data.batch[it], "row") + ": " + lossText(state) +
          (state.exact ? "" : " (engine: " + lossText(model.engine) + ")");
      }
      if (rate) {
        if (document.activeElement !== rate) rate.value = nn.plain(nn.rate(model, it, edits));
        rate.classList.toggle("nn-edited", edits.lr !== undefined);
        // Its place is kept, so that nothing jumps.
        reset.classList.toggle("nn-idle", edited === 0);
      }
      stops.forEach(function (stop) {
        stop.mark.classList.toggle("nn-differs", !state.exact && stop.steps.some(function (step) { return differs(step); }));
      });
    }

    // ---- What differs from the engine. ----

    function scaleOf(step) {
      if (step.scale === undefined) step.scale = step.result.v.reduce(function (most, x) { return Math.max(most, Math.abs(x)); }, 0) || 1;
      return step.scale;
    }

    function cellDiffers(step, i, j) {
      return !state.exact && !(Math.abs(state.results[step.at].get(i, j) - step.result.get(i, j)) <= 1e-10 * scaleOf(step));
    }

    function differs(step) {
      for (var i = 0; i < Math.min(step.result.n, data.rows); i++) {
        for (var j = 0; j < Math.min(step.result.m, data.columns); j++) if (cellDiffers(step, i, j)) return true;
      }
      return false;
    }

    function editOf(step, i, j) {
      var found = (edits.cells[step.key] || []).filter(function (edit) { return edit.id === nn.rowId(model, step, i) && edit.j === j; });
      return step.op === "given" && !step.kind.carried && found.length > 0 ? found[0] : null;
    }

    // Data, and what the first iteration starts from.
    function canEdit(step) {
      return canCompute && step && step.op === "given" && step.phase === "start" && !step.kind.carried && /^(0|1)$/.test(step.number) &&
        (step.number === 1 || step.key === "X" || step.key === "Y");
    }

    // ---- A stop, as it stands on the page. ----

    function tableOf(step, x, role, caption, key, before) {
      return nn.table(x, {
        key: key, caption: caption, role: role, digits: data.digits, rows: data.rows, columns: data.columns, before: before,
        cell: function (i, j, decimals) {
          var classes = [];
          if (!step) return { classes: classes };
          if (form && role === "result" && step.op !== "given") return { classes: ["nn-field"], content: form.field(step, i, j, decimals, hint) };
          if (form && !form.known(step, i, j)) return { text: "?", label: nn.cellName(key, x, i, j) + ", not filled in yet" };
          var editable = canEdit(step);
          if (editable) classes.push("nn-editable");
          var title;
          if (editOf(step, i, j)) classes.push("nn-edited");
          if (cellDiffers(step, i, j)) {
            classes.push("nn-changed");
            title = "the engine's number: " + nn.aligned(step.result.get(i, j), decimals, data.digits);
          }
          return {
            classes: classes, title: title, tab: role === "result",
            label: editable ? "%, can be changed: " + nn.cellName(key, x, i, j) : undefined
          };
        }
      });
    }

    // `alive`: true with buttons that do something, false for measuring, "paper" with all sums.
    function sectionOf(stop, alive) {
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
      if (form) why.appendChild(make("p", { "class": "nn-hint" }, given ? "" : "Fill in the cells; Enter checks."));
      section.appendChild(rowOf(stop, alive));
      if (!given && !form) section.appendChild(sumsOf(first, alive));
      return section;
    }

    // Notes that name a rate or a factor speak of the engine's numbers.
    function notesOf(stop) {
      var notes = [];
      stop.steps.forEach(function (step) { if (step.note && notes.indexOf(step.note) < 0) notes.push(step.note); });
      if (state.exact) return notes;
      var scalars = nn.scalarsOf(model, stop.steps[0], edits);
      return notes.map(function (note) {
        if (/^lr = /.test(note)) return "lr = " + nn.format(scalars.lr[0], data.digits);
        return /The whole gradient was shortened/.test(note) ? note + " (the engine's factor)" : note;
      });
    }

    function clipOf(step) {
      if (!step.scalars.clip) return undefined;
      return state.exact ? step.scalars.clip[0] : state.clips[step.iteration];
    }

    function rowOf(stop, alive) {
      var first = stop.steps[0];
      if (first.op === "given") {
        return nn.row(stop.steps.map(function (step) { return wired(tableOf(step, state.results[step.at], "result", step.key, step.key), step, "result", alive); }), []);
      }
      var ops = nn.operands(first, state.results);
      var tables = ops.map(function (operand, k) {
        var key = first.operands[k];
        var from = first.from[k] >= 0 ? model.steps[first.from[k]] : null;
        var origin = from && from.kind.carried ? sourceOf(from) : from;
        var own = origin && origin.iteration === first.iteration ? origin : from;
        var table = tableOf(own, operand, "operand", key === first.key ? key + " before" : key, key);
        return wired(table, own, "operand", alive, from);
      });
      var before = ops[first.operands.indexOf(first.key)];
      var caption = before ? first.key + " after" : first.key;
      tables.push(wired(tableOf(first, state.results[first.at], "result", caption, first.key, form ? undefined : before), first, "result", alive));
      return nn.row(tables, nn.signs(first, nn.scalarsOf(model, first, edits), clipOf(first), data.digits));
    }

    // Where a number that was carried over came from.
    function sourceOf(step) {
      while (step && step.kind.carried && step.from[0] >= 0) step = model.steps[step.from[0]];
      return step;
    }

    function wired(table, step, role, alive) {
      if (!alive) return table;
      table.addEventListener("click", function (event) {
        var td = event.target.closest("td[data-i]");
        if (!td || form || td.querySelector("input")) return;
        halt();
        var i = Number(td.getAttribute("data-i")) - 1, j = Number(td.getAttribute("data-j")) - 1;
        if (role === "result") explain(step, i, j);
        if (canEdit(step)) edit(td, step, i, j);
        else if (role === "operand" && step) follow(step, i, j);
      });
      return table;
    }

    // ---- Going on. ----

    function show(k, announce) {
      at = Math.max(0, Math.min(stops.length - 1, k));
      draw();
      stops.forEach(function (stop, m) {
        if (m === at) stop.mark.setAttribute("aria-current", "step"); else stop.mark.removeAttribute("aria-current");
      });
      reveal(stops[at].mark);
      disable(back, at === 0 && it === 0);
      disable(next, at === stops.length - 1 && it === data.iterations.length - 1);
      count.textContent = "matrix " + (at + 1) + " of " + stops.length;
      var step = stops[at].steps[0];
      if (form) picture(step, 0, 0); else explain(step, Math.min(row, rowsShown(step) - 1) * (about(step).units !== undefined ? 1 : 0), 0, true);
      if (announce !== false) live.textContent = count.textContent + (slider ? ", " + sliderText.textContent : "") + ": " + stops[at].title + ", " + stops[at].label;
    }

    // A button that is disabled loses the focus, and with it the page the keys.
    function disable(button, off) {
      if (off && document.activeElement === button) view.focus({ preventScroll: true });
      button.disabled = off;
    }

    // Without scrolling the page.
    function reveal(mark) {
      var left = mark.parentNode.offsetLeft - timeline.offsetLeft;
      if (left < timeline.scrollLeft || left + mark.offsetWidth > timeline.scrollLeft + timeline.clientWidth) {
        timeline.scrollLeft = left - (timeline.clientWidth - mark.offsetWidth) / 2;
      }
    }

    function draw() {
      stage.textContent = "";
      stage.appendChild(sectionOf(stops[at], true));
    }

    function go(way) {
      if (at + way >= 0 && at + way < stops.length) { show(at + way); return true; }
      if (!data.iterations[it + way] || it + way < 0) return false;
      goTo(it + way);
      show(way > 0 ? 0 : stops.length - 1);
      return true;
    }

    // A number leads to the matrix that it was made in.
    function follow(step, i, j) {
      var iteration = data.iterations.indexOf(step.iteration);
      if (iteration !== it) goTo(iteration);
      show(stops.findIndex(function (stop) { return stop.steps.indexOf(step) >= 0; }));
      explain(step, i, j);
      focusOn(step, i, j);
    }

    function tdOf(step, i, j, role) {
      return stage.querySelector(".nn-" + (role || "result") + '[data-key="' + step.key.replace(/["\\]/g, "\\$&") + '"] td[data-i="' + (i + 1) + '"][data-j="' + (j + 1) + '"]');
    }

    function focusOn(step, i, j, role) {
      var td = tdOf(step, i, j, role);
      if (td && td.firstElementChild) td.firstElementChild.focus();
    }

    // ---- A cell: what it is made from, the sum behind it, its check, and its place in the picture. ----

    function rowsShown(step) { return Math.min(step.result.n, data.rows); }
    function about(step) { return nn.subjectOf(model, step.key); }

    function explain(step, i, j, quiet) {
      if (i >= rowsShown(step) || j >= Math.min(step.result.m, data.columns) || i < 0) { i = 0; j = 0; }
      cell = { step: step, i: i, j: j };
      all(stage, ".nn-current, .nn-read").forEach(function (other) { other.classList.remove("nn-current", "nn-read"); });
      var td = tdOf(step, i, j);
      if (td) td.classList.add("nn-current");
      readsOf(step, i, j).forEach(function (read) {
        read.places.forEach(function (place) {
          if (place[0] >= data.rows || place[1] >= data.columns) return;
          var other = tdOf({ key: read.key }, place[0], place[1], "operand");
          if (other) other.classList.add("nn-read");
        });
      });
      write(step, i, j, quiet);
      picture(step, i, j);
    }

    function readsOf(step, i, j) {
      if (step.op === "given") return [];
      return nn.operands(step, state.results).map(function (operand, k) {
        return { key: step.operands[k], places: step.reads[k] ? nn.places(step.reads[k], operand, i, j) : [] };
      });
    }

    function write(step, i, j, quiet) {
      var why = stage.querySelector(".nn-why");
      why.textContent = "";
      why.setAttribute("aria-live", quiet ? "off" : "polite");
      writeInto(why, step, i, j);
    }

    function writeInto(why, step, i, j) {
      var x = state.results[step.at];
      why.appendChild(make("p", { "class": "nn-sum" })).appendChild(make("code", {}, nn.cellName(step.key, x, i, j) + " = " + told(step, i, j)));
      if (step.op === "given") {
        var from = step.phase === "forward" ? "Drawn by the engine." : step.number === 0 ? "Given: this is the data." : step.kind.carried
          ? "As the iteration before left it." : "Given: this is where the iteration starts.";
        why.appendChild(make("p", { "class": "nn-check" }, from + (canEdit(step) ? " A click changes it." : "")));
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
    }

    function told(step, i, j) {
      var result = nn.format(state.results[step.at].get(i, j), data.digits);
      if (step.op === "given") return result;
      var sum = nn.sum(step, nn.operands(step, state.results), nn.scalarsOf(model, step, edits), clipOf(step), i, j, data.digits);
      return (sum ? sum + " = " : "") + result;
    }

    function checkOf(step, i, j) {
      if (!data.check) return null;
      return model.obstacle ? nn.storedDifference(step, i, j) : nn.difference(model, state, step, i, j);
    }

    // The sums of all cells; written when they are opened, since they are many.
    function sumsOf(step, alive) {
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
        for (var i = 0; i < rowsShown(step); i++) {
          for (var j = 0; j < Math.min(step.result.m, data.columns); j++) {
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
        if (alive) open = details.open;
        if (details.open) fillIn();
      });
      if (open || alive === "paper") {
        details.open = true;
        fillIn();
      }
      return details;
    }

    // ---- The picture. ----

    // The last step of this iteration before or at the one shown that wrote one of `keys`.
    function latest(step, keys) {
      var found = null;
      nn.stepsOf(model, step.iteration).forEach(function (other) {
        if (other.at <= step.at && keys.indexOf(other.key) >= 0) found = other;
      });
      return found && { key: found.key, x: state.results[found.at], step: found };
    }

    function picture(step, i, j) {
      var keys = data.layers.keys;
      var marked = {};
      var focus = data.layers.sizes.map(function () { return 0; });
      function light(key, i, j, how) {
        var of = nn.subjectOf(model, key);
        var name = of.units !== undefined ? "u:" + of.units + ":" + j : of.weights ? "w:" + of.weights + ":" + i + ":" + j : of.biases ? "b:" + of.biases + ":" + j : "";
        if (marked[name] !== "current") marked[name] = how;
        if (how !== "current") return;
        if (of.units !== undefined) { focus[of.units] = j; row = i; }
        if (of.weights) { focus[of.weights - 1] = i; focus[of.weights] = j; }
        if (of.biases) focus[of.biases] = j;
      }
      if (!form) {
        light(step.key, i, j, "current");
        readsOf(step, i, j).forEach(function (read) { read.places.forEach(function (place) { light(read.key, place[0], place[1], "read"); }); });
      }
      var rowed = latest(step, ["X"]);
      var shownRow = rowed ? Math.min(row, rowed.x.n - 1) : 0;
      diagram.draw({
        row: shownRow, rowName: rowed ? rowed.x.rowName(shownRow) : "", marks: marked, focus: focus, target: (latest(step, ["Y"]) || {}).x || null,
        units: function (l) {
          return latest(step, l === 0 ? ["X"] : [keys.z[l - 1], keys.a[l - 1], keys.slope[l - 1], keys.error[l - 1], keys.delta[l - 1]]);
        },
        weights: function (l) { return latest(step, [keys.weights[l - 1]]); }, biases: function (l) { return latest(step, [keys.biases[l - 1]]); },
        // Of matrices that are carried in part some numbers are not there.
        seen: function (key, x, i, j) {
          if (x.get(i, j) === undefined) return false;
          if (!form) return true;
          var made = latest(step, [key]);
          return form.known(made.step, i, j);
        }
      });
    }

    // ---- Changing a number. ----

    function edit(td, step, i, j) {
      var x = state.results[step.at];
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
          live.textContent = "'" + text + "' is no number.";
          if (refocus) return;
          take = false;
        }
        done = true;
        if (take) change(step, i, j, text === "" ? undefined : value, name);
        redraw();
        if (refocus) focusOn(step, i, j, role);
      }
      input.addEventListener("keydown", function (event) {
        if (event.key === "Enter") { finish(true, true); event.preventDefault(); event.stopPropagation(); }
        if (event.key === "Escape") { finish(false, true); event.preventDefault(); event.stopPropagation(); }
      });
      input.addEventListener("blur", function () { finish(true, false); });
    }

    // `value` undefined brings back the engine's.
    function change(step, i, j, value, name) {
      var key = nn.rowId(model, step, i);
      var others = (edits.cells[step.key] || []).filter(function (edit) { return !(edit.id === key && edit.j === j); });
      if (value !== undefined && value !== step.result.get(i, j)) others.push({ id: key, j: j, value: value });
      edits.cells[step.key] = others;
      compute(name + " is now " + (value === undefined ? "the engine's" : nn.plain(value)));
    }

    function compute(said) {
      edited = edits.lr === undefined ? 0 : 1;
      Object.keys(edits.cells).forEach(function (key) { edited += edits.cells[key].length; });
      state = edited === 0 ? model.engine : nn.run(model, edits);
      tell();
      live.textContent = said + ". " + loss.textContent;
    }

    function redraw() {
      var here = cell;
      draw();
      if (here && stops[at].steps.indexOf(here.step) >= 0) explain(here.step, here.i, here.j, true); else explain(stops[at].steps[0], 0, 0, true);
    }

    if (rate) {
      rate.addEventListener("change", function () {
        var value = nn.typed(rate.value);
        rate.removeAttribute("aria-invalid");
        if (rate.value.trim() === "" || value === nn.rate(model, it, {})) delete edits.lr;
        else if (value === value && value > 0) edits.lr = model.lr[it] === model.lr[0] ? value : model.lr[0] * (value / model.lr[it]);
        else { rate.setAttribute("aria-invalid", "true"); return; }
        compute("the learning rate is now " + rate.value);
        rate.value = nn.plain(nn.rate(model, it, edits));
        redraw();
      });
      rate.addEventListener("keydown", function (event) { if (event.key === "Enter") rate.dispatchEvent(new Event("change")); });
      reset.addEventListener("click", function () {
        edits = { cells: {} };
        compute("Back to the engine's numbers");
        redraw();
        play.focus();
      });
    }

    // ---- A page to be filled in. ----

    function hint(how, text) {
      var why = stage.querySelector(".nn-why");
      why.textContent = "";
      why.setAttribute("aria-live", "polite");
      why.appendChild(make("p", { "class": "nn-hint nn-hint-" + (how || "none") }, text));
    }

    function answered() {
      tell();
      picture(stops[at].steps[0], 0, 0);
    }

    if (answers) {
      answers.addEventListener("click", function () {
        stops[at].steps.forEach(function (step) {
          if (step.op !== "given") form.reveal(step, function (x) { return nn.decimals(shownValues(x), data.digits); });
        });
        show(at, false);
      });
    }

    function shownValues(x) {
      var values = [];
      for (var i = 0; i < Math.min(x.n, data.rows); i++) for (var j = 0; j < Math.min(x.m, data.columns); j++) values.push(x.get(i, j));
      return values;
    }

    // ---- Playing. ----

    function neighbour(way) {
      var step = cell.step;
      var columns = Math.min(step.result.m, data.columns);
      var place = cell.i * columns + cell.j + way;
      if (place < 0 || place >= rowsShown(step) * columns) {
        var steps = stops[at].steps;
        var other = steps[steps.indexOf(step) + way];
        if (!other) return false;
        var last = rowsShown(other) * Math.min(other.result.m, data.columns) - 1;
        var width = Math.min(other.result.m, data.columns);
        explain(other, way > 0 ? 0 : Math.floor(last / width), way > 0 ? 0 : last % width);
        return true;
      }
      explain(step, Math.floor(place / columns), place % columns);
      return true;
    }

    function forward() {
      // What was taken from the document plays no more.
      if (!view.isConnected) { halt(); return; }
      if (each.checked && neighbour(1)) return;
      if (!go(1)) halt();
    }

    function halt() {
      if (timer) window.clearInterval(timer);
      timer = null;
      play.textContent = "Play";
      play.setAttribute("aria-pressed", "false");
    }

    function toggle() {
      if (timer) { halt(); return; }
      if (next.disabled) { goTo(0); show(0); }
      timer = window.setInterval(forward, each.checked ? 900 : 1800);
      play.textContent = "Pause";
      play.setAttribute("aria-pressed", "true");
    }

    back.addEventListener("click", function () { halt(); go(-1); });
    next.addEventListener("click", function () { halt(); go(1); });
    play.addEventListener("click", toggle);
    each.addEventListener("change", function () { if (timer) { halt(); toggle(); } });
    if (slider) {
      slider.addEventListener("input", function () {
        halt();
        goTo(Number(slider.value) - 1);
        show(at);
      });
    }

    // ---- Keys: where the page has the focus, or is all there is. A slide beneath must not hear them too. ----

    function key(event) {
      var target = event.target;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox" || target.isContentEditable;
      if (typing) {
        if (view.contains(target)) event.stopPropagation();
        return;
      }
      var pressing = /^(BUTTON|SUMMARY|INPUT|A)$/.test(target.tagName);
      switch (event.key) {
        case "ArrowRight": halt(); go(1); break;
        case "ArrowLeft": halt(); go(-1); break;
        case "Home": halt(); show(0); break;
        case "End": halt(); show(stops.length - 1); break;
        case " ":
          if (pressing || form) { event.stopPropagation(); return; }
          toggle();
          break;
        case "ArrowDown":
        case "ArrowUp":
          if (form || !target.closest || !target.closest(".nn-result")) return;
          halt();
          if (neighbour(event.key === "ArrowDown" ? 1 : -1)) focusOn(cell.step, cell.i, cell.j);
          break;
        default: return;
      }
      event.preventDefault();
      event.stopPropagation();
    }
    view.addEventListener("keydown", key);
    if (isAlone(view)) document.addEventListener("keydown", function (event) { if (view.isConnected && !view.contains(event.target)) key(event); });

    // ---- Room: as much as the tallest matrix takes, so that nothing below jumps. ----

    function keepRoom() {
      if (stops.length > 60 || stage.clientWidth === 0) return;
      stage.style.minHeight = "";
      var trial = make("div", { "class": "nn-stage nn-trial", "aria-hidden": "true" });
      trial.style.width = stage.clientWidth + "px";
      view.appendChild(trial);
      var tallest = 0, wasOpen = open;
      open = false;
      stops.forEach(function (stop) {
        trial.textContent = "";
        trial.appendChild(sectionOf(stop, false));
        if (!form) writeInto(trial.querySelector(".nn-why"), stop.steps[0], 0, 0);
        tallest = Math.max(tallest, Math.ceil(trial.getBoundingClientRect().height) + 1);
      });
      open = wasOpen;
      trial.remove();
      stage.style.minHeight = tallest + "px";
    }
    var waiting = null;
    window.addEventListener("resize", function () {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(keepRoom, 200);
    });

    // ---- Paper: all matrices of the iteration, with their sums. ----

    var paper = null;
    function toPaper() {
      if (paper || !view.isConnected) return;
      paper = make("div", { "class": "nn-paper" });
      if (data.iterations.length > 1) paper.appendChild(make("p", { "class": "nn-facts" }, sliderText.textContent));
      stops.forEach(function (stop) {
        var section = sectionOf(stop, "paper");
        var why = section.querySelector(".nn-why");
        if (why) why.remove();
        paper.appendChild(section);
      });
      view.insertBefore(paper, stage);
    }
    function fromPaper() {
      if (paper) paper.remove();
      paper = null;
    }
    window.addEventListener("beforeprint", toPaper);
    window.addEventListener("afterprint", fromPaper);

    colour(view);
    if (data.steps.length === 0) {
      stage.appendChild(make("p", {}, "The trace has no matrices."));
      [controls, timeline, diagram.node].forEach(function (node) { node.hidden = true; });
      return;
    }
    goTo(0);
    show(0, false);
    keepRoom();
    if (document.fonts && document.fonts.ready) document.fonts.ready.then(keepRoom);
  }

  // Whether nothing else that is read stands in the document.
  function isAlone(view) {
    for (var node = view; node && node !== document.body; node = node.parentNode) {
      var others = Array.prototype.some.call(node.parentNode.children, function (other) {
        return other !== node && !/^(SCRIPT|STYLE|LINK|NOSCRIPT|TEMPLATE)$/.test(other.tagName);
      });
      if (others) return false;
    }
    return true;
  }

  // Light or dark as what it stands on, whatever made that so: the system, Bootstrap, Quarto, a theme of slides.
  function colour(view) {
    var dark = window.matchMedia("(prefers-color-scheme: dark)").matches && /dark/.test(getComputedStyle(document.documentElement).colorScheme);
    for (var node = view.parentNode; node && node.nodeType === 1; node = node.parentNode) {
      var parts = getComputedStyle(node).backgroundColor.match(/[\d.]+/g) || [];
      if (parts.length >= 3 && (parts.length < 4 || Number(parts[3]) > 0.5)) {
        dark = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 110;
        break;
      }
    }
    view.setAttribute("data-nn-theme", dark ? "dark" : "light");
  }

  function colourAll() { all(document, ".nn-view[data-ready]").forEach(colour); }

  function ready() { all(document, ".nn-view:not([data-ready])").forEach(start); }

  function watch() {
    ready();
    // Pages come late in apps and slides.
    new MutationObserver(function (changes) {
      if (changes.some(function (change) { return change.addedNodes.length > 0; })) ready();
    }).observe(document.documentElement, { childList: true, subtree: true });
    var themes = new MutationObserver(colourAll);
    [document.documentElement, document.body].forEach(function (node) {
      themes.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-bs-theme", "data-theme"] });
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colourAll);
    window.addEventListener("load", colourAll);
  }

  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", watch); else watch();
})(typeof window === "undefined" ? globalThis : window);
