// Going from matrix to matrix and from iteration to iteration, by buttons, by keys, and by itself.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make;

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

  nn.player = function (v) {
    function iterationAt() { return v.data.iterations[v.it]; }

    function marks() {
      v.timeline.textContent = "";
      v.stops.forEach(function (stop, k) {
        var item = v.timeline.appendChild(make("li"));
        var button = item.appendChild(make("button", { type: "button", "data-phase": stop.phase, title: stop.title + ": " + stop.label }));
        button.appendChild(make("span", {}, stop.label));
        button.addEventListener("click", function () { v.halt(); v.show(k); });
        stop.mark = button;
      });
    }

    v.goTo = function (iteration) {
      v.it = iteration;
      v.stops = stopsOf(v.model, iterationAt());
      marks();
      if (v.slider) {
        v.slider.value = String(v.it + 1);
        v.sliderText.textContent = "iteration " + (v.it + 1) + " of " + v.data.iterations.length;
        v.slider.setAttribute("aria-valuetext", v.sliderText.textContent);
      }
      v.tell();
    };

    // The source of the numbers, the loss, the rate, and which matrices differ.
    v.tell = function () {
      var digits = Math.max(5, v.data.digits);
      var lossText = function (of) { return nn.format(of.loss.before[v.it], digits) + " \u2192 " + nn.format(of.loss.after[v.it], digits); };
      if (v.form) {
        var score = v.form.score();
        v.badge.textContent = score.done + " of " + score.all + " cells right";
        v.badge.className = "nn-source nn-source-blank";
        v.loss.textContent = score.done === score.all ? "loss " + lossText(v.model.engine) : "";
      } else {
        v.badge.textContent = v.state.exact ? "the engine's numbers (exact)" : "computed by this page";
        v.badge.className = "nn-source " + (v.state.exact ? "nn-source-engine" : "nn-source-page");
        v.loss.textContent = "loss of " + (v.data.loss.partial ? "this batch of " : "") + nn.count(v.data.batch[v.it], "row") + ": " + lossText(v.state) +
          (v.state.exact ? "" : " (engine: " + lossText(v.model.engine) + ")");
      }
      if (v.rate) {
        if (document.activeElement !== v.rate) v.rate.value = nn.plain(nn.rate(v.model, v.it, v.edits));
        v.rate.classList.toggle("nn-edited", v.edits.lr !== undefined);
        // Its place is kept, so that nothing jumps.
        v.reset.classList.toggle("nn-idle", v.edited === 0);
      }
      v.stops.forEach(function (stop) {
        stop.mark.classList.toggle("nn-differs", !v.state.exact && stop.steps.some(function (step) { return v.differs(step); }));
      });
    };

    // ---- Going on. ----

    v.show = function (k, announce) {
      v.at = Math.max(0, Math.min(v.stops.length - 1, k));
      v.draw();
      v.stops.forEach(function (stop, m) {
        if (m === v.at) stop.mark.setAttribute("aria-current", "step"); else stop.mark.removeAttribute("aria-current");
      });
      reveal(v.stops[v.at].mark);
      disable(v.back, v.at === 0 && v.it === 0);
      disable(v.next, v.at === v.stops.length - 1 && v.it === v.data.iterations.length - 1);
      v.count.textContent = "matrix " + (v.at + 1) + " of " + v.stops.length;
      var step = v.stops[v.at].steps[0];
      if (v.form) v.picture(step, 0, 0); else v.explain(step, Math.min(v.row, v.rowsShown(step) - 1) * (v.about(step).units !== undefined ? 1 : 0), 0, true);
      if (announce !== false) v.live.textContent = v.count.textContent + (v.slider ? ", " + v.sliderText.textContent : "") + ": " + v.stops[v.at].title + ", " + v.stops[v.at].label;
    };

    // A button that is disabled loses the focus, and with it the page the keys.
    function disable(button, off) {
      if (off && document.activeElement === button) v.view.focus({ preventScroll: true });
      button.disabled = off;
    }

    // Without scrolling the page.
    function reveal(mark) {
      var left = mark.parentNode.offsetLeft - v.timeline.offsetLeft;
      if (left < v.timeline.scrollLeft || left + mark.offsetWidth > v.timeline.scrollLeft + v.timeline.clientWidth) {
        v.timeline.scrollLeft = left - (v.timeline.clientWidth - mark.offsetWidth) / 2;
      }
    }

    v.draw = function () {
      v.stage.textContent = "";
      v.stage.appendChild(v.sectionOf(v.stops[v.at], true));
    };

    function go(way) {
      if (v.at + way >= 0 && v.at + way < v.stops.length) { v.show(v.at + way); return true; }
      if (!v.data.iterations[v.it + way] || v.it + way < 0) return false;
      v.goTo(v.it + way);
      v.show(way > 0 ? 0 : v.stops.length - 1);
      return true;
    }

    // A number leads to the matrix that it was made in.
    v.follow = function (step, i, j) {
      var iteration = v.data.iterations.indexOf(step.iteration);
      if (iteration !== v.it) v.goTo(iteration);
      v.show(v.stops.findIndex(function (stop) { return stop.steps.indexOf(step) >= 0; }));
      v.explain(step, i, j);
      v.focusOn(step, i, j);
    };

    v.tdOf = function (step, i, j, role) {
      return v.stage.querySelector(".nn-" + (role || "result") + '[data-key="' + step.key.replace(/["\\]/g, "\\$&") + '"] td[data-i="' + (i + 1) + '"][data-j="' + (j + 1) + '"]');
    };

    v.focusOn = function (step, i, j, role) {
      var td = v.tdOf(step, i, j, role);
      if (td && td.firstElementChild) td.firstElementChild.focus();
    };

    // ---- Playing. ----

    function neighbour(way) {
      var step = v.cell.step;
      var columns = Math.min(step.result.m, v.data.columns);
      var place = v.cell.i * columns + v.cell.j + way;
      if (place < 0 || place >= v.rowsShown(step) * columns) {
        var steps = v.stops[v.at].steps;
        var other = steps[steps.indexOf(step) + way];
        if (!other) return false;
        var last = v.rowsShown(other) * Math.min(other.result.m, v.data.columns) - 1;
        var width = Math.min(other.result.m, v.data.columns);
        v.explain(other, way > 0 ? 0 : Math.floor(last / width), way > 0 ? 0 : last % width);
        return true;
      }
      v.explain(step, Math.floor(place / columns), place % columns);
      return true;
    }

    function forward() {
      // What was taken from the document plays no more.
      if (!v.view.isConnected) { v.halt(); return; }
      if (v.each.checked && neighbour(1)) return;
      if (!go(1)) v.halt();
    }

    v.halt = function () {
      if (v.timer) window.clearInterval(v.timer);
      v.timer = null;
      v.play.textContent = "Play";
      v.play.setAttribute("aria-pressed", "false");
    };

    function toggle() {
      if (v.timer) { v.halt(); return; }
      if (v.next.disabled) { v.goTo(0); v.show(0); }
      v.timer = window.setInterval(forward, v.each.checked ? 900 : 1800);
      v.play.textContent = "Pause";
      v.play.setAttribute("aria-pressed", "true");
    }

    v.back.addEventListener("click", function () { v.halt(); go(-1); });
    v.next.addEventListener("click", function () { v.halt(); go(1); });
    v.play.addEventListener("click", toggle);
    v.each.addEventListener("change", function () { if (v.timer) { v.halt(); toggle(); } });
    if (v.slider) {
      v.slider.addEventListener("input", function () {
        v.halt();
        v.goTo(Number(v.slider.value) - 1);
        v.show(v.at);
      });
    }

    // ---- Keys: where the page has the focus, or is all there is. A slide beneath must not hear them too. ----

    function key(event) {
      var target = event.target;
      if (event.altKey || event.ctrlKey || event.metaKey) return;
      var typing = /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) && target.type !== "checkbox" || target.isContentEditable;
      if (typing) {
        if (v.view.contains(target)) event.stopPropagation();
        return;
      }
      var pressing = /^(BUTTON|SUMMARY|INPUT|A)$/.test(target.tagName);
      switch (event.key) {
        case "ArrowRight": v.halt(); go(1); break;
        case "ArrowLeft": v.halt(); go(-1); break;
        case "Home": v.halt(); v.show(0); break;
        case "End": v.halt(); v.show(v.stops.length - 1); break;
        case " ":
          if (pressing || v.form) { event.stopPropagation(); return; }
          toggle();
          break;
        case "ArrowDown":
        case "ArrowUp":
          if (v.form || !target.closest || !target.closest(".nn-result")) return;
          v.halt();
          if (neighbour(event.key === "ArrowDown" ? 1 : -1)) v.focusOn(v.cell.step, v.cell.i, v.cell.j);
          break;
        default: return;
      }
      event.preventDefault();
      event.stopPropagation();
    }
    v.view.addEventListener("keydown", key);
    if (isAlone(v.view)) document.addEventListener("keydown", function (event) { if (v.view.isConnected && !v.view.contains(event.target)) key(event); });
  };
})(typeof window === "undefined" ? globalThis : window);
