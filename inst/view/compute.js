// The page's own arithmetic. It evaluates the templates that came with the trace: nothing of the network's mathematics is stated a
// second time here but sums of products.
(function (root) {
  "use strict";
  var nn = root.nnView = root.nnView || {};

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

  nn.list = list;

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

  nn.arithmetic = { fill: fill, productOfColumns: productOfColumns, columnSum: columnSum, scalar: scalar };

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
})(typeof window === "undefined" ? globalThis : window);
