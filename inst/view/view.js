// The page of nn_view(): starts every page in the document, also those that come late, and makes it light or dark. What a page shows comes from the
// data in it (the engine's numbers) or, once something was changed, from compute.js.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  // A document that holds several pages may bring the scripts several times.
  if (nn.started) return;
  nn.started = true;
  var make = nn.make, all = nn.all;

  // All that the parts of one page share is in `v`.
  function start(view) {
    var source = view.querySelector(".nn-data");
    if (view.hasAttribute("data-ready") || !source) return;
    view.setAttribute("data-ready", "");
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
    colour(view);
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
