// Plays the steps of nn_view(). Everything is in the page already as tables: this shows one step at a time,
// marks a cell with the cells it is made from, and fetches its sum and its check out of the step's own table of sums.
(function () {
  "use strict";

  function make(tag, attributes, text) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (text !== undefined) node.textContent = text;
    return node;
  }

  function all(node, selector) { return Array.prototype.slice.call(node.querySelectorAll(selector)); }

  function start(view) {
    view.setAttribute("data-ready", "");
    view.classList.add("nn-live");
    var steps = all(view, ".nn-step");
    var controls = view.querySelector(".nn-controls");
    var timeline = view.querySelector(".nn-timeline");
    var live = view.querySelector(".nn-announce");
    var back = controls.querySelector(".nn-back");
    var next = controls.querySelector(".nn-next");
    var play = controls.querySelector(".nn-play");
    var eachCell = controls.querySelector(".nn-each");
    var count = controls.querySelector(".nn-count");
    var at = 0;
    var cell = null;
    var timer = null;

    // One button for each step.
    var marks = steps.map(function (step, k) {
      // Each iteration has a line of its own.
      if (k > 0 && step.getAttribute("data-of") !== steps[k - 1].getAttribute("data-of")) {
        timeline.appendChild(make("li", { "class": "nn-break", "aria-hidden": "true" }));
      }
      var item = make("li");
      var button = make("button", {
        type: "button", "data-phase": step.getAttribute("data-phase"),
        "aria-label": step.querySelector("h3").textContent, title: step.getAttribute("data-title")
      }, step.getAttribute("data-number"));
      button.addEventListener("click", function () { stop(); show(k); });
      item.appendChild(button);
      timeline.appendChild(item);
      return button;
    });

    // Cells become buttons, so that they can be reached and pressed from the keyboard.
    steps.forEach(function (step, k) {
      all(step, ".nn-matrix tbody td[data-i]").forEach(function (td) {
        var table = td.closest("table");
        var button = make("button", { type: "button" }, td.textContent);
        if (!table.classList.contains("nn-result")) button.tabIndex = -1;
        td.textContent = "";
        td.classList.add("nn-pick");
        td.appendChild(button);
        button.addEventListener("click", function () {
          stop();
          if (table.classList.contains("nn-result")) explain(td); else origin(k, table, td);
        });
      });
    });

    function results(step) { return all(step, ".nn-result td[data-i]"); }

    function show(k, announce) {
      at = Math.max(0, Math.min(steps.length - 1, k));
      steps.forEach(function (step, m) { step.hidden = m !== at; });
      marks.forEach(function (mark, m) {
        if (m === at) mark.setAttribute("aria-current", "step"); else mark.removeAttribute("aria-current");
      });
      back.disabled = at === 0;
      next.disabled = at === steps.length - 1;
      count.textContent = "Step " + (at + 1) + " of " + steps.length + steps[at].getAttribute("data-of");
      var first = results(steps[at])[0];
      if (first) explain(first, true);
      if (announce !== false) live.textContent = count.textContent + ": " + steps[at].querySelector("h3").textContent;
    }

    // Marks a cell and what it is made from, and writes down the sum.
    function explain(td, quiet) {
      var step = td.closest(".nn-step");
      cell = td;
      all(step, ".nn-current, .nn-read").forEach(function (other) { other.classList.remove("nn-current", "nn-read"); });
      td.classList.add("nn-current");
      var i = td.getAttribute("data-i");
      var j = td.getAttribute("data-j");
      all(step, ".nn-operand").forEach(function (table) {
        var reads = table.getAttribute("data-reads").split(" ");
        all(table, "td[data-i]").forEach(function (other) {
          if (fits(reads[0], other.getAttribute("data-i"), i, j) && fits(reads[1], other.getAttribute("data-j"), i, j)) {
            other.classList.add("nn-read");
          }
        });
      });
      write(step, td, i, j, quiet);
    }

    function fits(rule, place, i, j) {
      return rule === "all" || (rule === "one" && place === "1") || (rule === "i" && place === i) || (rule === "j" && place === j);
    }

    function write(step, td, i, j, quiet) {
      var why = step.querySelector(".nn-why");
      var table = td.closest("table");
      var row = step.querySelector('.nn-sums tr[data-i="' + i + '"][data-j="' + j + '"]');
      why.textContent = "";
      why.hidden = false;
      why.setAttribute("aria-live", quiet ? "off" : "polite");
      var name = table.getAttribute("data-key") + "[" + td.getAttribute("data-row") + ", " + td.getAttribute("data-column") + "]";
      var sum = make("p", { "class": "nn-sum" });
      sum.appendChild(make("code", {}, name + " = " + (row ? row.cells[1].textContent : td.textContent)));
      why.appendChild(sum);
      if (!row) {
        why.appendChild(make("p", { "class": "nn-check" }, table.getAttribute("data-given")));
      } else if (row.cells.length > 2 && row.cells[3].textContent) {
        var check = make("p", { "class": "nn-check" }, "Checked by finite differences: " + row.getAttribute("data-what") + " is ");
        check.appendChild(make("code", {}, row.cells[2].textContent));
        check.appendChild(document.createTextNode(" by backpropagation and "));
        check.appendChild(make("code", {}, row.cells[3].textContent));
        check.appendChild(document.createTextNode(" by nudging the number up and down; "));
        var agrees = row.getAttribute("data-agrees") === "yes";
        check.appendChild(make("span", { "class": agrees ? "nn-agree" : "nn-differ" }, agrees ? "they agree \u2713" : "they differ \u2717"));
        check.appendChild(document.createTextNode(" (relative difference " + row.cells[4].textContent + ")."));
        why.appendChild(check);
      }
    }

    // An operand's cell leads to the step that made it.
    function origin(k, table, td) {
      var key = table.getAttribute("data-key");
      for (var m = k - 1; m >= 0; m--) {
        var source = steps[m].querySelector('.nn-result[data-key="' + key + '"]');
        var target = source && source.querySelector('td[data-i="' + td.getAttribute("data-i") + '"][data-j="' + td.getAttribute("data-j") + '"]');
        if (target) {
          show(m);
          explain(target);
          target.querySelector("button").focus();
          return;
        }
      }
    }

    function neighbour(way) {
      var cells = results(steps[at]);
      var to = cells[cells.indexOf(cell) + way];
      if (to) explain(to);
      return to;
    }

    function forward() {
      if (eachCell.checked && neighbour(1)) return;
      if (at === steps.length - 1) stop(); else show(at + 1);
    }

    function stop() {
      if (timer) window.clearInterval(timer);
      timer = null;
      play.textContent = "Play";
      play.setAttribute("aria-pressed", "false");
    }

    function toggle() {
      if (timer) { stop(); return; }
      if (at === steps.length - 1) show(0);
      timer = window.setInterval(forward, eachCell.checked ? 900 : 1800);
      play.textContent = "Pause";
      play.setAttribute("aria-pressed", "true");
    }

    back.addEventListener("click", function () { stop(); show(at - 1); });
    next.addEventListener("click", function () { stop(); show(at + 1); });
    play.addEventListener("click", toggle);
    eachCell.addEventListener("change", function () { if (timer) { stop(); toggle(); } });

    // Arrow keys: left and right between steps; up and down between cells when one has the focus.
    document.addEventListener("keydown", function (event) {
      var target = event.target;
      var inside = view.contains(target);
      var alone = document.querySelectorAll(".nn-view").length === 1;
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox" || target.isContentEditable;
      if (typing || event.altKey || event.ctrlKey || event.metaKey || !(inside || alone)) return;
      if (event.key === "ArrowRight") { stop(); show(at + 1); }
      else if (event.key === "ArrowLeft") { stop(); show(at - 1); }
      else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && target.closest && target.closest(".nn-result")) {
        stop();
        var to = neighbour(event.key === "ArrowDown" ? 1 : -1);
        if (to) to.querySelector("button").focus();
      } else return;
      event.preventDefault();
    });

    controls.hidden = false;
    timeline.hidden = false;
    all(view, ".nn-legend").forEach(function (legend) { legend.hidden = false; });
    show(0, false);
  }

  function ready() { all(document, ".nn-view:not([data-ready])").forEach(start); }
  if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", ready); else ready();
})();
