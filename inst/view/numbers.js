// Numbers in the way R writes them, so that the page and the console show the same.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

  // format(signif(x, digits), digits): fixed unless the exponent is shorter.
  nn.format = function (x, digits) {
    if (x !== x) return "NaN";
    if (!isFinite(x)) return x > 0 ? "Inf" : "-Inf";
    if (x === 0) return "0";
    var parts = x.toExponential(digits - 1).split("e");
    var mantissa = parts[0].indexOf(".") < 0 ? parts[0] : parts[0].replace(/\.?0+$/, "");
    var power = Number(parts[1]);
    var exponent = mantissa + "e" + (power < 0 ? "-" : "+") + (Math.abs(power) < 10 ? "0" : "") + Math.abs(power);
    if (power > 20 || power < -60) return exponent;
    var decimals = Math.max(0, mantissa.replace(/[-.]/g, "").length - 1 - power);
    var fixed = Number(mantissa + "e" + power).toFixed(decimals);
    return fixed.length <= exponent.length ? fixed : exponent;
  };

  // Negative numbers stand in brackets, so that they can follow a sign or carry a power.
  nn.bracketed = function (x, digits) {
    var text = nn.format(x, digits);
    return isFinite(x) && x < 0 ? "(" + text + ")" : text;
  };

  function scientific(x, digits) {
    if (!isFinite(x)) return nn.format(x, digits);
    return x.toExponential(digits - 1).replace(/e([+-])(\d)$/, "e$10$2");
  }

  function rounded(x, decimals) { return Number(x.toFixed(Math.min(100, decimals))); }

  // How many decimals the numbers of a matrix have in common, so that the largest shows `digits` digits; null where an exponent is needed.
  nn.decimals = function (values, digits) {
    var sizes = values.filter(isFinite).map(Math.abs);
    var largest = Math.max.apply(null, sizes.concat(0));
    if (largest === 0 || sizes.every(function (x) { return x === Math.round(x) && x < 1e6; })) return 0;
    var power = Math.floor(Math.log10(largest));
    if (power > 6 || power < -4) return null;
    var decimals = Math.max(0, digits - 1 - power);
    var idle = function (x) { return Math.abs(rounded(x, decimals) - rounded(x, decimals - 1)) < Math.pow(10, -(decimals + 3)); };
    // No zeros that all numbers end in.
    while (decimals > 0 && sizes.every(idle)) decimals -= 1;
    return decimals;
  };

  // A number among those of its matrix.
  nn.aligned = function (x, decimals, digits) {
    var text = !isFinite(x) ? nn.format(x, digits) : decimals === null ? scientific(x, digits) : (rounded(x, decimals) + 0 || 0).toFixed(decimals);
    return text.replace(/^-/, "\u2212");
  };

  // What was typed, with a comma or a point; NaN where it is no number, or one so large that it would be infinite.
  nn.typed = function (text) {
    var plain = text.trim().replace(/\u2212/g, "-").replace(",", ".");
    var value = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?$/i.test(plain) ? Number(plain) : NaN;
    return isFinite(value) ? value : NaN;
  };

  // A number to be edited: as short as gives it back.
  nn.plain = function (x) { return String(x); };
})(typeof window === "undefined" ? globalThis : window);
