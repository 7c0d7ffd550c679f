// What stands around the matrix: title, whose numbers are shown, loss, rate, buttons, names, legend.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make;

  nn.frame = function (v) {
    var head = v.view.appendChild(make("div", { "class": "nn-head" }));
    head.appendChild(make("h2", {}, v.data.title));
    head.appendChild(make("p", { "class": "nn-facts" }, v.data.facts.join(" \u00b7 ")));
    var status = v.view.appendChild(make("div", { "class": "nn-status" }));
    v.badge = status.appendChild(make("span", { "class": "nn-source", role: "status" }));
    v.rate = v.reset = null;
    if (v.canCompute) {
      var label = status.appendChild(make("label", { "class": "nn-rate" }, "learning rate "));
      v.rate = label.appendChild(make("input", { type: "text", inputmode: "decimal", size: "7", autocomplete: "off", "aria-label": "learning rate" }));
      v.reset = status.appendChild(make("button", { type: "button", "class": "nn-reset nn-idle" }, "Back to the engine's numbers"));
    }
    v.loss = v.view.appendChild(make("p", { "class": "nn-loss", "aria-live": "polite" }));
    if (v.model.obstacle && !v.data.blank) v.view.appendChild(make("p", { "class": "nn-obstacle" }, "These numbers can be looked at, not changed. " + v.model.obstacle));

    v.controls = v.view.appendChild(make("div", { "class": "nn-controls", role: "group", "aria-label": "Go through the matrices" }));
    v.back = v.controls.appendChild(make("button", { type: "button", "class": "nn-back" }, "Back"));
    v.play = v.controls.appendChild(make("button", { type: "button", "class": "nn-play", "aria-pressed": "false" }, "Play"));
    v.next = v.controls.appendChild(make("button", { type: "button", "class": "nn-next" }, "Next"));
    v.each = make("input", { type: "checkbox", "class": "nn-each" });
    var eachLabel = v.controls.appendChild(make("label", {}, ""));
    eachLabel.appendChild(v.each);
    eachLabel.appendChild(document.createTextNode(" play each cell"));
    if (v.form) v.play.hidden = eachLabel.hidden = true;
    v.answers = v.form && v.data.answers ? v.controls.appendChild(make("button", { type: "button", "class": "nn-answers" }, "Show the answers")) : null;
    v.count = v.controls.appendChild(make("span", { "class": "nn-count" }));
    v.slider = v.sliderText = null;
    if (v.data.iterations.length > 1) {
      var sliderLabel = v.controls.appendChild(make("label", { "class": "nn-iteration" }));
      v.sliderText = sliderLabel.appendChild(make("span"));
      v.slider = sliderLabel.appendChild(make("input", { type: "range", min: "1", max: String(v.data.iterations.length), step: "1", value: "1", "aria-label": "iteration" }));
    }
    v.timeline = v.view.appendChild(make("ol", { "class": "nn-timeline", "aria-label": "Matrices" }));
    v.live = v.view.appendChild(make("p", { "class": "nn-unseen nn-announce", "aria-live": "polite" }));
    v.diagram = nn.diagram(v.model, v.id);
    v.view.appendChild(v.diagram.node);
    v.stage = v.view.appendChild(make("div", { "class": "nn-stage" }));
    legend();
    if (v.data.cut.length > 0) {
      v.view.appendChild(make("p", { "class": "nn-cut" }, "This page ends here; the trace does not. It shows " + v.data.cut.join(", ") +
        ". nn_view(trace, rows = , columns = , iterations = ) shows more."));
    }

    function legend() {
      var line = v.view.appendChild(make("p", { "class": "nn-legend" }));
      function item(text, key) {
        var one = line.appendChild(make("span"));
        if (key) one.appendChild(make("i", { "class": "nn-key " + key }));
        one.appendChild(document.createTextNode(text));
      }
      if (!v.form) {
        item("the cell explained", "nn-key-current");
        item("the cells it is made from", "nn-key-read");
      }
      if (!v.form) item("\u25b2 \u25bc rose or fell in the update");
      if (v.canCompute) {
        item("can be changed: click it", "nn-key-editable");
        item("differs from the engine's", "nn-key-changed");
      }
      item("\u2190 \u2192 matrix, " + (v.form ? "Home, End; in a field Tab goes on and Enter checks" : "\u2191 \u2193 cell, Home, End, Space plays"));
    }
  };
})(typeof window === "undefined" ? globalThis : window);
