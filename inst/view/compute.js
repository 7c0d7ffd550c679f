// The page's own arithmetic. It evaluates the templates that came with the trace, which also make its formulas and sums: nothing of
// the network's mathematics is stated a second time here but sums of products.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

  // ---- Templates: "{z} * pnorm({z})" becomes a function of an object of values. ----

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

  // A tree: numbers, ["{name}"], [operator, parts…].
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

  // ---- Matrices, by columns; one that is shown in part knows which rows and columns it has. ----

  function Matrix(n, m, values, rows, columns) {
    this.n = n;
    this.m = m;
    this.v = values || new Float64Array(n * m);
    this.rows = rows;
    this.columns = columns;
    this.frame = null;
  }
  Matrix.prototype.get = function (i, j) {
    if (!this.frame) return this.v[i + j * this.n];
    return this.v[this.frame.i[i] + this.frame.j[j] * this.frame.rows];
  };
  Matrix.prototype.like = function () { return new Matrix(this.n, this.m, null, this.rows, this.columns); };
  Matrix.prototype.copy = function () { return new Matrix(this.n, this.m, Float64Array.from(this.v), this.rows, this.columns); };
  Matrix.prototype.rowName = function (i) { return this.rows[this.frame ? this.frame.i[i] : i]; };
  Matrix.prototype.columnName = function (j) { return this.columns[this.frame ? this.frame.j[j] : j]; };
  nn.Matrix = Matrix;

  function places(list) {
    var map = {};
    list.forEach(function (place, k) { map[place - 1] = k; });
    return map;
  }

  function matrix(data, names) {
    var x = new Matrix(data.d[0], data.d[1], Float64Array.from(data.v, Number), names[data.r], names[data.c]);
    if (data.f) x.frame = { i: places(data.f[0]), j: places(data.f[1]), rows: data.f[0].length };
    return x;
  }

  function list(x) { return Array.isArray(x) ? x : x === undefined || x === null ? [] : [x]; }

  // ---- The trace: its data with every reference followed. ----

  nn.model = function (data) {
    var steps = [];
    data.steps.forEach(function (step, at) {
      var kind = data.kinds[step.k];
      var scalars = {};
      Object.keys(step.s || {}).forEach(function (name) { scalars[name] = step.s[name].map(Number); });
      var own = {};
      Object.keys(step.own || {}).forEach(function (key) { own[key] = matrix(step.own[key], data.names); });
      steps.push({
        at: at, kind: kind, key: kind.key, op: kind.op, phase: kind.phase, number: kind.number, layer: kind.layer, iteration: step.i,
        result: step.m.same === undefined ? matrix(step.m, data.names) : steps[step.m.same].result, operands: list(kind.operands), reads: kind.reads, from: list(step.from), own: own,
        scalars: scalars, note: step.note, checks: step.checks
      });
    });
    var model = { data: data, steps: steps, lr: data.lr.map(Number), obstacle: data.obstacle };
    model.engine = {
      exact: true, results: steps.map(function (step) { return step.result; }),
      loss: { before: data.loss.before.map(Number), after: data.loss.after.map(Number) }
    };
    if (!model.obstacle) {
      // Never a page that computes something else than the engine did.
      try {
        var off = nn.disagreement(model);
        if (!(off.size < 1e-9)) model.obstacle = "The page's own arithmetic does not give the engine's numbers of " + off.key + ".";
      } catch (error) {
        model.obstacle = "The page cannot compute this trace: " + error.message + ".";
      }
    }
    return model;
  };

  nn.stepsOf = function (model, iteration) {
    return model.steps.filter(function (step) { return step.iteration === iteration; });
  };

  // The operands of a step among the results of a state.
  nn.operands = function (step, results) {
    return step.operands.map(function (key, k) { return step.from[k] >= 0 ? results[step.from[k]] : step.own[key]; });
  };

  // ---- One step. ----

  function at(reads, operand, i, j) {
    var row = reads[0] === "i" ? i : reads[0] === "j" ? j : 0;
    var column = reads[1] === "i" ? i : reads[1] === "j" ? j : 0;
    return operand.get(row, column);
  }

  function fill(result, cell) {
    for (var j = 0; j < result.m; j++) for (var i = 0; i < result.n; i++) result.v[i + j * result.n] = cell(i, j);
    return result;
  }

  function productOfColumns(a, b, i, j) {
    var sum = 0;
    for (var r = 0; r < a.n; r++) sum += a.v[r + i * a.n] * b.v[r + j * b.n];
    return sum;
  }

  function columnSum(a, j) {
    var sum = 0;
    for (var r = 0; r < a.n; r++) sum += a.v[r + j * a.n];
    return sum;
  }

  function scalar(values, j) { return values.length > 1 ? values[j] : values[0]; }

  function softmax(z, mask, result) {
    for (var i = 0; i < z.n; i++) {
      var largest = -Infinity, sum = 0, j;
      for (j = 0; j < z.m; j++) largest = Math.max(largest, z.get(i, j));
      for (j = 0; j < z.m; j++) sum += Math.exp(z.get(i, j) - largest);
      for (j = 0; j < z.m; j++) result.v[i + j * z.n] = Math.exp(z.get(i, j) - largest) / sum * (mask ? mask.get(i, j) : 1);
    }
    return result;
  }

  // Penalty and clipping come after `raw`, the sum of products.
  nn.evaluate = function (step, ops, scalars, clip) {
    var result = step.result.like();
    var reads = step.reads;
    var factor = clip === undefined ? 1 : clip;
    switch (step.op) {
      case "weighted_sum":
        return fill(result, function (i, j) {
          var sum = 0;
          for (var p = 0; p < ops[0].m; p++) sum += ops[0].v[i + p * ops[0].n] * ops[1].v[p + j * ops[1].n];
          for (var k = 2; k < ops.length; k++) sum += at(reads[k], ops[k], i, j);
          return sum;
        });
      case "back":
        return fill(result, function (i, j) {
          var sum = 0;
          for (var p = 0; p < ops[0].m; p++) sum += ops[0].v[i + p * ops[0].n] * ops[1].v[j + p * ops[1].n];
          return sum;
        });
      case "softmax": return softmax(ops[0], ops[1], result);
      case "descend_weights":
        return fill(result, function (i, j) { return ops[0].get(i, j) + scalars.lr[0] * productOfColumns(ops[1], ops[2], i, j); });
      case "descend_biases":
        return fill(result, function (i, j) { return ops[0].get(i, j) + scalars.lr[0] * columnSum(ops[1], j); });
      case "gradient_weights":
        return fill(result, function (i, j) { return factor * (penaltyAt(step, ops, scalars, i, j) - productOfColumns(ops[0], ops[1], i, j)); });
      case "gradient_biases":
        return fill(result, function (i, j) { return -factor * columnSum(ops[0], j); });
      case "cell": return cells(step, ops, scalars, result);
    }
    throw new Error(step.key + " has no formula");
  };

  function penaltyAt(step, ops, scalars, i, j) {
    if (ops.length < 3) return 0;
    var w = ops[2].get(i, j);
    var mixture = step.kind.rule;
    return scalars.penalty[0] * (1 - mixture) * w + scalars.penalty[0] * mixture * Math.sign(w);
  }

  function cells(step, ops, scalars, result) {
    var template = nn.template(step.kind.template);
    var roles = step.kind.roles || {};
    var values = {};
    var names = Object.keys(roles);
    var from = names.map(function (name) { return step.operands.indexOf(roles[name]); });
    return fill(result, function (i, j) {
      for (var k = 0; k < names.length; k++) values[names[k]] = at(step.reads[from[k]], ops[from[k]], i, j);
      for (var name in scalars) values[name] = scalar(scalars[name], j);
      return template(values);
    });
  }

  // ---- All steps, with what was changed. ----

  // `edits`: `cells`, for each key a list of { id, i, j, value }, and `lr`, that of the first iteration.
  nn.run = function (model, edits) {
    var results = [];
    var clips = {};
    model.steps.forEach(function (step, k) {
      if (step.op === "given") {
        results[k] = step.kind.carried && step.from[0] >= 0 ? results[step.from[0]] : changed(model, step, edits);
        return;
      }
      var ops = nn.operands(step, results);
      if (model.data.fresh_rate && edits.lr !== undefined) ops = withFreshRate(model, step, ops, edits);
      var clip;
      if (step.op === "gradient_weights" || step.op === "gradient_biases") {
        if (clips[step.iteration] === undefined) clips[step.iteration] = clipping(model, step.iteration, results);
        clip = clips[step.iteration];
      }
      results[k] = nn.evaluate(step, ops, rated(model, step, edits), clip);
    });
    var losses = model.data.iterations.map(function (iteration) {
      return [nn.loss(model, results, iteration, false), nn.loss(model, results, iteration, true)];
    });
    return {
      exact: false, results: results, clips: clips,
      loss: { before: losses.map(function (pair) { return pair[0]; }), after: losses.map(function (pair) { return pair[1]; }) }
    };
  };

  // Rows of the data are known by their names, in whatever batch they come.
  nn.rowId = function (model, step, i) {
    if (step.number !== 0) return String(i);
    return model.data.unique_rows ? step.result.rowName(i) : step.iteration + ":" + i;
  };

  function changed(model, step, edits) {
    var of = (edits.cells || {})[step.key];
    if (!of || (step.number === 1 && step.iteration !== model.data.iterations[0])) return step.result;
    var result = step.result.copy();
    for (var i = 0; i < result.n; i++) {
      var id = nn.rowId(model, step, i);
      of.forEach(function (edit) { if (edit.id === id) result.v[i + edit.j * result.n] = edit.value; });
    }
    return result;
  }

  // The rate of an iteration after that of the first was changed: a schedule's later ones change in proportion.
  nn.rate = function (model, k, edits) {
    if (edits.lr === undefined) return model.lr[k];
    return model.lr[k] === model.lr[0] ? edits.lr : model.lr[k] * (edits.lr / model.lr[0]);
  };

  function rated(model, step, edits) {
    if (edits.lr === undefined || !step.scalars.lr) return step.scalars;
    var k = model.data.iterations.indexOf(step.iteration);
    var rate = step.scalars.lr[0] === model.lr[k] ? nn.rate(model, k, edits) : step.scalars.lr[0] * (edits.lr / model.lr[0]);
    return Object.assign({}, step.scalars, { lr: [rate] });
  }
  nn.scalarsOf = rated;

  function withFreshRate(model, step, ops, edits) {
    return ops.map(function (operand, k) {
      if (step.from[k] >= 0 || step.operands[k].indexOf("step_size_") !== 0) return operand;
      return fill(operand.like(), function () { return edits.lr; });
    });
  }

  // What the gradients of an iteration are multiplied by, so that all together are no longer than allowed.
  function clipping(model, iteration, results) {
    if (model.data.clip === null || model.data.clip === undefined) return 1;
    var squares = 0;
    nn.stepsOf(model, iteration).forEach(function (step) {
      if (step.op !== "gradient_weights" && step.op !== "gradient_biases") return;
      var raw = nn.evaluate(step, nn.operands(step, results), step.scalars, 1);
      for (var k = 0; k < raw.v.length; k++) squares += raw.v[k] * raw.v[k];
    });
    var norm = Math.sqrt(squares);
    return norm > model.data.clip ? model.data.clip / norm : 1;
  }

  // ---- The loss, and derivatives by nudging. ----

  // The forward pass of an iteration's rows. `last`: with the weights after the update. `nudge`: { key, i, j, by }. `masks`: whether units stay dropped.
  function forward(model, results, iteration, last, masks, nudge) {
    var known = {};
    function put(key, value) {
      if (nudge && nudge.key === key) {
        value = value.copy();
        value.v[nudge.i + nudge.j * value.n] += nudge.by;
      }
      known[key] = value;
    }
    var steps = nn.stepsOf(model, iteration);
    steps.forEach(function (step) {
      if (step.op !== "given") return;
      var drop = step.phase === "forward" && !masks;
      put(step.key, drop ? fill(step.result.like(), function () { return 1; }) : results[step.at]);
    });
    if (last) steps.forEach(function (step) { if (step.phase === "update" && known[step.key]) put(step.key, results[step.at]); });
    steps.forEach(function (step) {
      if (step.phase !== "forward" || step.op === "given") return;
      put(step.key, nn.evaluate(step, step.operands.map(function (key) { return known[key]; }), step.scalars));
    });
    return known;
  }

  // The sum of what all cells of the output add; `n`: what a mean divides by.
  function lossOf(model, known, n) {
    var loss = model.data.loss;
    var template = nn.template(loss.template);
    var keys = model.data.layers.keys;
    var z = known[keys.z[keys.z.length - 1]];
    var output = known.output, Y = known.Y, weights = known.case_weights;
    var values = { n: n, k: output.m };
    var par = loss.par || {};
    var name = Object.keys(par)[0];
    var total = 0;
    for (var i = 0; i < output.n; i++) {
      if (loss.template.indexOf("{log_sum}") >= 0) values.log_sum = logSum(z, i);
      for (var j = 0; j < output.m; j++) {
        values.Y = Y.get(i, Y.m === output.m ? j : 0);
        values.output = output.get(i, j);
        values.z = z.get(i, j);
        if (name) values[name] = scalar(par[name], j);
        total += template(values) * (weights ? weights.get(i, 0) : 1);
      }
    }
    return total;
  }

  function logSum(z, i) {
    var largest = -Infinity, sum = 0, j;
    for (j = 0; j < z.m; j++) largest = Math.max(largest, z.get(i, j));
    for (j = 0; j < z.m; j++) sum += Math.exp(z.get(i, j) - largest);
    return largest + Math.log(sum);
  }

  // Without penalty, as the engine evaluates it.
  nn.loss = function (model, results, iteration, last) {
    var known = forward(model, results, iteration, last, false);
    var n = known.output.n;
    if (known.case_weights) n = columnSum(known.case_weights, 0);
    return lossOf(model, known, n);
  };

  // What a cell is the derivative of: a key of the layer, or null where it is none.
  function derived(model, step) {
    var keys = model.data.layers.keys;
    var l = step.layer - 1;
    if (step.phase === "backward") {
      if (step.number === 5) return model.data.paired ? null : { key: "output", sign: -1 };
      if (step.number === 6) return { key: keys.z[l], slope: true };
      if (step.number === 8) return { key: keys.a[l], sign: -1 };
      return { key: keys.z[l], sign: -1 };
    }
    if (/^(descend|gradient)_/.test(step.op)) {
      return { key: /weights$/.test(step.op) ? keys.weights[l] : keys.biases[l], sign: 1, parameter: true };
    }
    return null;
  }

  // The check of a cell by central differences of the page's loss; null where it is no derivative.
  nn.difference = function (model, state, step, i, j) {
    var by = derived(model, step);
    if (!by) return null;
    var results = state.results;
    var start = nn.stepsOf(model, step.iteration).find(function (other) { return other.key === by.key; });
    var h = 6e-6 * Math.max(1, Math.abs(results[start.at].get(i, j)));
    var ops = nn.operands(step, results);
    var analytic, value;
    if (by.slope) {
      var activation = nn.stepsOf(model, step.iteration).find(function (other) { return other.key === model.data.layers.keys.a[step.layer - 1]; });
      value = function (way) {
        var operands = nn.operands(activation, results).slice();
        operands[0] = operands[0].copy();
        operands[0].v[i + j * operands[0].n] += way;
        return nn.evaluate(activation, operands, activation.scalars).get(i, j);
      };
      analytic = results[step.at].get(i, j);
    } else {
      var n = results[start.at].n;
      nn.stepsOf(model, step.iteration).some(function (other) { if (other.key === "Y") n = results[other.at].n; return other.key === "Y"; });
      value = function (way) {
        return lossOf(model, forward(model, results, step.iteration, false, true, { key: by.key, i: i, j: j, by: way }), n * model.data.mean_weight);
      };
      analytic = by.sign < 0 ? results[step.at].get(i, j) : sumBehind(step, ops, i, j);
    }
    var numeric = (by.sign || 1) * (value(h) - value(-h)) / (2 * h);
    var relative = Math.abs(analytic - numeric) / Math.max(Math.abs(analytic), Math.abs(numeric), 1e-8);
    var what = by.slope ? "derivative of " + model.data.layers.keys.a[step.layer - 1] + " by " + by.key
      : (by.sign < 0 ? "minus the derivative of the loss by " : "derivative of the loss by ") + by.key;
    return { what: what, analytic: analytic, numeric: numeric, relative: relative, agrees: nn.agrees(analytic, numeric, relative) };
  };

  // Central differences of sums near 0 lose digits: a difference that small is none. Numbers that are not finite agree with nothing.
  nn.agrees = function (analytic, numeric, relative) { return relative < 1e-4 || Math.abs(analytic - numeric) < 1e-9; };

  // The derivative by a weight or bias without penalty and clipping, which are no matter of backpropagation.
  function sumBehind(step, ops, i, j) {
    switch (step.op) {
      case "descend_weights": return -productOfColumns(ops[1], ops[2], i, j);
      case "descend_biases": return -columnSum(ops[1], j);
      case "gradient_weights": return -productOfColumns(ops[0], ops[1], i, j);
      default: return -columnSum(ops[0], j);
    }
  }

  // The check as R had the engine make it, where the page cannot.
  nn.storedDifference = function (step, i, j) {
    var checks = step.checks;
    if (!checks) return null;
    var k = i * checks.columns + j;
    var analytic = Number(checks.analytic[k]), numeric = Number(checks.numeric[k]), relative = Number(checks.relative[k]);
    return { what: checks.what, analytic: analytic, numeric: numeric, relative: relative, agrees: nn.agrees(analytic, numeric, relative) };
  };

  // ---- How far the page is from the engine where nothing was changed, relative to the largest number of each matrix. ----

  nn.disagreement = function (model) {
    var state = nn.run(model, {});
    var worst = { size: 0, key: "" };
    function compare(key, differences, largest) {
      var size = differences === 0 ? 0 : differences / Math.max(largest, 1e-300);
      if (!(size <= worst.size)) worst = { size: size, key: key };
    }
    model.steps.forEach(function (step) {
      var engine = step.result, page = state.results[step.at];
      var largest = 0, most = 0;
      var rows = engine.frame ? Object.keys(engine.frame.i) : Array.from({ length: engine.n }, function (_, i) { return i; });
      var columns = engine.frame ? Object.keys(engine.frame.j) : Array.from({ length: engine.m }, function (_, j) { return j; });
      columns.forEach(function (j) {
        rows.forEach(function (i) {
          largest = Math.max(largest, Math.abs(engine.get(+i, +j)));
          most = Math.max(most, Math.abs(engine.get(+i, +j) - page.get(+i, +j)));
        });
      });
      compare(step.key, most, largest);
    });
    ["before", "after"].forEach(function (when) {
      model.engine.loss[when].forEach(function (loss, k) { compare("the loss", Math.abs(loss - state.loss[when][k]), Math.abs(loss)); });
    });
    return worst;
  };
})(typeof window === "undefined" ? globalThis : window);
