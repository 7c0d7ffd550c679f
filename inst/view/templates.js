// Templates such as "{z} * pnorm({z})" as functions of an object of values. They came with the trace, and also make its formulas and sums.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

  var functions = {
    exp: Math.exp, tanh: Math.tanh, abs: Math.abs, sqrt: Math.sqrt, log: Math.log, max: Math.max, min: Math.min, sign: Math.sign,
    pnorm: pnorm, dnorm: dnorm
  };

  function dnorm(z) { return Math.exp(-z * z / 2) / Math.sqrt(2 * Math.PI); }

  // The normal distribution function: a series near 0, a continued fraction in the tails.
  function pnorm(z) {
    var x = Math.abs(z);
    if (x !== x || x > 38) return x !== x ? z : z > 0 ? 1 : 0;
    if (x < 2) {
      var term = z, sum = z;
      for (var k = 1; Math.abs(term) > 1e-18 * Math.abs(sum); k++) sum += (term *= z * z / (2 * k + 1));
      return 0.5 + dnorm(z) * sum;
    }
    var fraction = x;
    for (k = 200; k > 0; k--) fraction = x + k / fraction;
    var tail = dnorm(x) / fraction;
    return z > 0 ? 1 - tail : tail;
  }

  function tokens(text) {
    return text.match(/\{\w+\}|\d+\.?\d*(?:e[-+]?\d+)?|[a-z]+|[-+*/^(),<>]/gi) || [];
  }

  // A tree: numbers, ["{name}"], [operator, parts ...].
  function parse(text) {
    var list = tokens(text);
    var at = 0;
    function take(token) {
      if (list[at] !== token) throw new Error("'" + token + "' expected in the template " + text);
      at += 1;
    }
    function chain(next, signs) {
      return function () {
        var left = next();
        while (signs.indexOf(list[at]) >= 0) left = [list[at++], left, next()];
        return left;
      };
    }
    function atom() {
      var token = list[at++];
      if (token === "(") {
        var inner = compare();
        take(")");
        return inner;
      }
      if (/^[\d.]/.test(token)) return Number(token);
      if (token.charAt(0) === "{") return [token];
      take("(");
      var call = [token, compare()];
      while (list[at] === ",") { at += 1; call.push(compare()); }
      take(")");
      return call;
    }
    // As in R a sign before a power belongs to the power.
    function unary() {
      if (list[at] === "-") { at += 1; return ["minus", unary()]; }
      var base = atom();
      if (list[at] !== "^") return base;
      at += 1;
      return ["^", base, unary()];
    }
    var sum = chain(chain(unary, ["*", "/"]), ["+", "-"]);
    var compare = chain(sum, ["<", ">"]);
    var tree = compare();
    if (at < list.length) throw new Error("the template " + text + " goes on after its end");
    return tree;
  }

  function is(tree, operator) { return Array.isArray(tree) && tree[0] === operator; }

  function build(tree) {
    if (typeof tree === "number") return function () { return tree; };
    var name = tree[0];
    if (name.charAt(0) === "{") {
      var key = name.slice(1, -1);
      return function (v) { return v[key]; };
    }
    // Where 1 would swallow the digits of what it is added to or taken from.
    if (name === "log" && is(tree[1], "+") && tree[1][1] === 1) {
      var added = build(tree[1][2]);
      return function (v) { return Math.log1p(added(v)); };
    }
    if (name === "-" && is(tree[1], "exp") && tree[2] === 1) {
      var power = build(tree[1][1]);
      return function (v) { return Math.expm1(power(v)); };
    }
    var parts = tree.slice(1).map(build);
    var a = parts[0], b = parts[1], c = parts[2];
    switch (name) {
      case "minus": return function (v) { return -a(v); };
      case "+": return function (v) { return a(v) + b(v); };
      case "-": return function (v) { return a(v) - b(v); };
      case "*": return function (v) { return a(v) * b(v); };
      case "/": return function (v) { return a(v) / b(v); };
      case "^": return function (v) { var x = a(v), y = b(v); return y === 2 ? x * x : Math.pow(x, y); };
      case "<": return function (v) { return a(v) < b(v); };
      case ">": return function (v) { return a(v) > b(v); };
      case "if": return function (v) { return a(v) ? b(v) : c(v); };
    }
    var known = functions[name];
    if (!known) throw new Error("no function " + name);
    if (parts.length === 1) return function (v) { return known(a(v)); };
    return function (v) { return known.apply(null, parts.map(function (part) { return part(v); })); };
  }

  var built = {};
  nn.template = function (text) {
    if (!built[text]) built[text] = build(parse(text));
    return built[text];
  };
})(typeof window === "undefined" ? globalThis : window);
