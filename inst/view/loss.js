// The page's loss, checks of derivatives by nudging a number, and how far the page is from the engine.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};
  var fill = nn.arithmetic.fill, productOfColumns = nn.arithmetic.productOfColumns, columnSum = nn.arithmetic.columnSum, scalar = nn.arithmetic.scalar;

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
