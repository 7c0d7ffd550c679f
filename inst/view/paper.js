// Room for the tallest matrix, so that nothing below jumps; and all matrices of the iteration on paper.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make;

  nn.paper = function (v) {
    v.keepRoom = function () {
      if (v.stops.length > 60 || v.stage.clientWidth === 0) return;
      v.stage.style.minHeight = "";
      var trial = make("div", { "class": "nn-stage nn-trial", "aria-hidden": "true" });
      trial.style.width = v.stage.clientWidth + "px";
      v.view.appendChild(trial);
      var tallest = 0, wasOpen = v.open;
      v.open = false;
      v.stops.forEach(function (stop) {
        trial.textContent = "";
        trial.appendChild(v.sectionOf(stop, false));
        if (!v.form) v.writeInto(trial.querySelector(".nn-why"), stop.steps[0], 0, 0);
        tallest = Math.max(tallest, Math.ceil(trial.getBoundingClientRect().height) + 1);
      });
      v.open = wasOpen;
      trial.remove();
      v.stage.style.minHeight = tallest + "px";
    };
    var waiting = null;
    window.addEventListener("resize", function () {
      window.clearTimeout(waiting);
      waiting = window.setTimeout(v.keepRoom, 200);
    });

    // ---- Paper: all matrices of the iteration, with their sums. ----

    var paper = null;
    function toPaper() {
      if (paper || !v.view.isConnected) return;
      paper = make("div", { "class": "nn-paper" });
      if (v.data.iterations.length > 1) paper.appendChild(make("p", { "class": "nn-facts" }, v.sliderText.textContent));
      v.stops.forEach(function (stop) {
        var section = v.sectionOf(stop, "paper");
        var why = section.querySelector(".nn-why");
        if (why) why.remove();
        paper.appendChild(section);
      });
      v.view.insertBefore(paper, v.stage);
    }
    function fromPaper() {
      if (paper) paper.remove();
      paper = null;
    }
    window.addEventListener("beforeprint", toPaper);
    window.addEventListener("afterprint", fromPaper);
  };
})(typeof window === "undefined" ? globalThis : window);
