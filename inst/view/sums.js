// The sum behind a cell, with its numbers or with the names of its cells, and the signs between the tables of a step.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

  function range(n) { return Array.from({ length: n }, function (_, k) { return k; }); }

  // The places that cell [i, j] reads of an operand, in order.
  nn.places = function (reads, operand, i, j) {
    function along(rule, all) { return rule === "i" ? [i] : rule === "j" ? [j] : rule === "one" ? [0] : range(all); }
    var rows = along(reads[0], operand.n), places = [];
    along(reads[1], operand.m).forEach(function (column) {
      rows.forEach(function (row) { places.push([row, column]); });
    });
    return places;
  };

  nn.cellName = function (key, x, i, j) { return key + "[" + x.rowName(i) + ", " + x.columnName(j) + "]"; };

  // Sums of more than 12 terms are cut in the middle.
  function cutSum(n, term) {
    var most = 12, ends = 6;
    if (n <= most) return range(n).map(term).join(" + ");
    var first = range(ends).map(term), last = range(ends).map(function (k) { return term(n - ends + k); });
    return first.concat("... (" + (n - 2 * ends) + " more)", last).join(" + ");
  }

  // Brackets that nothing needs: at the beginning, and twice around one number.
  function dropBrackets(text) {
    return text.replace(/\(\((-[0-9.e+-]+)\)\)/g, "($1)").replace(/^\((-[0-9.e+-]+)\)(?!\^)/, "$1");
  }

  // What stands before the last " = " of a sum; "" where there is nothing but the result. With `names` cells have their names for numbers.
  nn.sum = function (step, ops, scalars, clip, i, j, digits, names) {
    function number(x) { return nn.bracketed(x, digits); }
    var places = ops.map(function (operand, k) { return step.reads[k] ? nn.places(step.reads[k], operand, i, j) : []; });
    function show(k, at) {
      var place = places[k][at === undefined ? 0 : at];
      return names ? nn.cellName(step.operands[k], ops[k], place[0], place[1]) : number(ops[k].get(place[0], place[1]));
    }
    function products(a, b) { return cutSum(places[a].length, function (k) { return show(a, k) + " * " + show(b, k); }); }
    function total(a) { return cutSum(places[a].length, function (k) { return show(a, k); }); }
    var text = "";
    switch (step.op) {
      case "weighted_sum":
        text = [products(0, 1)].concat(ops.slice(2).map(function (_, k) { return show(k + 2); })).join(" + ");
        break;
      case "back": text = products(0, 1); break;
      case "descend_weights": text = show(0) + " + " + number(scalars.lr[0]) + " * (" + products(1, 2) + ")"; break;
      case "descend_biases": text = show(0) + " + " + number(scalars.lr[0]) + " * (" + total(1) + ")"; break;
      case "gradient_weights": text = "-(" + products(0, 1) + ")" + penalty(step, scalars, number, ops.length > 2 ? show(2) : ""); break;
      case "gradient_biases": text = "-(" + total(0) + ")"; break;
      case "softmax":
        text = "exp(" + show(0, j) + ") / (" + cutSum(places[0].length, function (k) { return "exp(" + show(0, k) + ")"; }) + ")";
        break;
      case "cell": text = cell(step, scalars, j, show, number); break;
    }
    if (clip !== undefined && clip < 1) text = "(" + text + ") * " + number(clip);
    return dropBrackets(text);
  };

  function penalty(step, scalars, number, w) {
    if (!w) return "";
    var mixture = step.kind.rule, strength = scalars.penalty[0];
    return (mixture < 1 ? " + " + number(strength * (1 - mixture)) + " * " + w : "") +
      (mixture > 0 ? " + " + number(strength * mixture) + " * sign(" + w + ")" : "");
  }

  function cell(step, scalars, j, show, number) {
    var roles = step.kind.roles || {};
    if (!step.kind.template) return "";
    return step.kind.template.replace(/\{(\w+)\}/g, function (_, name) {
      if (roles[name] !== undefined) return show(step.operands.indexOf(roles[name]));
      var values = scalars[name];
      return number(values.length > 1 ? values[j] : values[0]);
    });
  }

  // What stands before each table of a step: before its operands, and before the result. Together with the tables they read as the formula.
  nn.signs = function (step, scalars, clip, digits) {
    function number(x) { return nn.bracketed(x, digits); }
    var shortened = clip !== undefined && clip < 1;
    var open = shortened ? "(" : "", close = shortened ? ") * " + number(clip) + " =" : "=";
    var rate = scalars.lr ? number(scalars.lr[0]) : "";
    switch (step.op) {
      case "weighted_sum": return ["", "%*%"].concat(step.operands.slice(2).map(function () { return "+"; }), "=");
      case "back": return ["", "%*% t(", ") ="];
      case "descend_weights": return ["", "+ " + rate + " * t(", ") %*%", "="];
      case "descend_biases": return ["", "+ " + rate + " * colSums(", ") ="];
      case "gradient_weights":
        if (step.operands.length < 3) return [open + "\u2212t(", ") %*%", close];
        return [open + "\u2212t(", ") %*%", "+ penalty of", close];
      case "gradient_biases": return [open + "\u2212colSums(", ")" + close.replace(/^=/, " =")];
      case "softmax": return [""].concat(step.operands.length > 1 ? ["\u2192 softmax *"] : [], step.operands.length > 1 ? "=" : "\u2192 softmax \u2192");
      case "cell": return signsOfCells(step, scalars, number);
      case "engine": return step.operands.map(function (_, k) { return k === 0 ? "" : ","; }).concat("\u2192 as the engine computed it \u2192");
    }
    return [""];
  };

  // Where the template names each operand once and in order, what it has between them; else what it is called.
  function signsOfCells(step, scalars, number) {
    var roles = step.kind.roles || {};
    var called = step.kind.formula.match(/= (\w+)\(\w+\)( \* \w+)?$/);
    if (step.phase === "forward" && called) {
      return called[2] ? ["", "\u2192 " + called[1] + " \u2192 *", "="] : ["", "\u2192 " + called[1] + " \u2192"];
    }
    if (step.number === 6) return step.operands.map(function (_, k) { return k === 0 ? "" : ","; }).concat("\u2192 slope \u2192");
    var pieces = step.kind.template.split(/(\{\w+\})/);
    var signs = [""], order = [];
    pieces.forEach(function (piece) {
      var name = /^\{\w+\}$/.test(piece) ? piece.slice(1, -1) : null;
      if (name && roles[name] !== undefined) {
        order.push(roles[name]);
        signs.push("");
      } else {
        signs[signs.length - 1] += name ? number(scalars[name][0]) : piece;
      }
    });
    var plain = order.length === step.operands.length && order.every(function (key, k) { return key === step.operands[k]; }) &&
      !Object.keys(scalars).some(function (name) { return scalars[name].length > 1; });
    if (!plain) return step.operands.map(function (_, k) { return k === 0 ? "" : ","; }).concat("\u2192");
    return signs.map(function (sign, k) {
      var text = sign.trim().replace(/^-/, "\u2212");
      return k === signs.length - 1 ? (text + " =").trim() : text;
    });
  }
})(typeof window === "undefined" ? globalThis : window);
