// The page of nn_view(): starts every page in the document. What a page shows comes from the data in it (the engine's numbers) or, once something was changed, from compute.js.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var make = nn.make;

  // All that the parts of one page share is in `v`.
  function start(view) {
    var source = view.querySelector(".nn-data");
    if (!source) return;
    view.classList.add("nn-live");
    view.tabIndex = -1;
    var data = JSON.parse(source.textContent);
    var model = nn.model(data);
    var v = {
      view: view, data: data, model: model, id: view.id || "nn-view", canCompute: !model.obstacle && !data.blank,
      state: model.engine, // the numbers that are shown: the engine's, or computed with `edits`
      edits: { cells: {} }, edited: 0, // what was changed, and how many numbers that is
      it: 0, stops: [], at: 0, // the iteration, its matrices, and the one that is shown
      cell: null, row: 0, // the cell explained, and the row that the picture shows
      open: false, // whether the sums are
      timer: null, form: null
    };
    if (data.blank) v.form = nn.blank(model, function () { v.answered(); });
    [nn.frame, nn.stage, nn.explainer, nn.editor, nn.player, nn.paper].forEach(function (part) { part(v); });
    if (data.steps.length === 0) {
      v.stage.appendChild(make("p", {}, "The trace has no matrices."));
      [v.controls, v.timeline, v.diagram.node].forEach(function (node) { node.hidden = true; });
      return;
    }
    v.goTo(0);
    v.show(0, false);
    v.keepRoom();
    if (document.fonts && document.fonts.ready) document.fonts.ready.then(v.keepRoom);
  }

  root.nnPage.start("nn-view", start);
})(typeof window === "undefined" ? globalThis : window);
