// What the scripts of all pages share: they find and make elements, start every page in a document, and make it light or dark as what is around it.
(function (root) {
  "use strict";
  var pages = root.nnPage = root.nnPage || {};
  // A document that holds several pages may bring the scripts several times.
  if (pages.start) return;

  pages.all = function (node, selector) { return Array.prototype.slice.call(node.querySelectorAll(selector)); };

  pages.make = function (tag, attributes, text) {
    var node = document.createElement(tag);
    Object.keys(attributes || {}).forEach(function (name) { node.setAttribute(name, attributes[name]); });
    if (text !== undefined) node.textContent = text;
    return node;
  };

  // Light or dark as what it stands on, whatever made that so: the system, Bootstrap, Quarto, a theme of slides.
  function colour(page) {
    var dark = window.matchMedia("(prefers-color-scheme: dark)").matches && /dark/.test(getComputedStyle(document.documentElement).colorScheme);
    for (var node = page.parentNode; node && node.nodeType === 1; node = node.parentNode) {
      var parts = getComputedStyle(node).backgroundColor.match(/[\d.]+/g) || [];
      if (parts.length >= 3 && (parts.length < 4 || Number(parts[3]) > 0.5)) {
        dark = 0.299 * parts[0] + 0.587 * parts[1] + 0.114 * parts[2] < 110;
        break;
      }
    }
    page.setAttribute("data-nn-theme", dark ? "dark" : "light");
  }

  function colourAll() { pages.all(document, "[data-ready][data-nn-theme]").forEach(colour); }

  // Once when the whole document is read, or at once where it is.
  function whenRead(act) {
    if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", act); else act();
  }

  // Calls `begin` once for every element of this class, also for those that come late, as in apps and slides. While a document is still being
  // read, a page may be there in part: it waits.
  pages.start = function (className, begin) {
    pages.started = pages.started || {};
    if (pages.started[className]) return;
    pages.started[className] = true;
    function startAll() {
      pages.all(document, "." + className + ":not([data-ready])").forEach(function (page) {
        page.setAttribute("data-ready", "");
        colour(page);
        begin(page);
      });
    }
    whenRead(function () {
      startAll();
      new MutationObserver(function (changes) {
        if (changes.some(function (change) { return change.addedNodes.length > 0; })) startAll();
      }).observe(document.documentElement, { childList: true, subtree: true });
    });
  };

  if (typeof document === "undefined") return;
  whenRead(function () {
    var themes = new MutationObserver(colourAll);
    [document.documentElement, document.body].forEach(function (node) {
      themes.observe(node, { attributes: true, attributeFilter: ["class", "style", "data-bs-theme", "data-theme"] });
    });
    window.matchMedia("(prefers-color-scheme: dark)").addEventListener("change", colourAll);
    window.addEventListener("load", colourAll);
  });
})(typeof window === "undefined" ? globalThis : window);
