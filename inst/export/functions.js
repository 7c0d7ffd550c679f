// What exported files of JavaScript are made from: each function behind those that it calls. Logical values are 1 and 0, NaN where
// they are not known.

const missing = (a) => a === null || a === undefined ? 1 : 0;

const number = (a) => {
  if (missing(a)) return NaN;
  if (typeof a !== "number" && typeof a !== "boolean") throw new TypeError("a number is wanted, not " + JSON.stringify(a));
  return Number(a);
};

const text = (a) => {
  if (typeof a !== "string") throw new TypeError("a text is wanted, not " + JSON.stringify(a));
  return a;
};

const given_of = (row, columns, by_position) => {
  if (by_position && (Array.isArray(row) || ArrayBuffer.isView(row))) {
    if (row.length !== columns.length) throw new RangeError(columns.length + " numbers are wanted, not " + row.length);
    return Array.from(row);
  }
  return columns.map((name) => {
    if (!Object.prototype.hasOwnProperty.call(row, name)) throw new RangeError("the column " + JSON.stringify(name) + " is missing");
    return row[name];
  });
};

const answer = (values, outputs, classes) => {
  const made = {};
  outputs.forEach((name, i) => { made[name] = values === null ? null : values[i]; });
  if (classes) made[".pred_class"] = values === null ? null : classes[values.indexOf(values.reduce((a, b) => (b > a ? b : a)))];
  return made;
};

const unknown = (a) => (Number.isNaN(a) ? 1 : 0);

const either = (a, b) => Number.isNaN(a) || Number.isNaN(b);

const is_true = (a) => (a === 1 ? 1 : 0);

const choose = (a, b, c) => (Number.isNaN(a) ? NaN : a !== 0 ? b : c);

const less = (a, b) => (either(a, b) ? NaN : Number(a < b));

const less_equal = (a, b) => (either(a, b) ? NaN : Number(a <= b));

const greater = (a, b) => (either(a, b) ? NaN : Number(a > b));

const greater_equal = (a, b) => (either(a, b) ? NaN : Number(a >= b));

const equal = (a, b) => (either(a, b) ? NaN : Number(a === b));

const not_equal = (a, b) => (either(a, b) ? NaN : Number(a !== b));

const and = (a, b) => (a === 0 || b === 0 ? 0 : either(a, b) ? NaN : 1);

const not = (a) => (Number.isNaN(a) ? NaN : Number(a === 0));

const or = (a, b) => ((a !== 0 && !Number.isNaN(a)) || (b !== 0 && !Number.isNaN(b)) ? 1 : either(a, b) ? NaN : 0);

const among = (a, values) => (Number.isNaN(a) ? NaN : Number(values.includes(a)));

const min = (a, b) => Math.min(a, b);

const max = (a, b) => Math.max(a, b);

const sign = (a) => Math.sign(a);

const power = (a, b) => (a === 1 ? 1 : Math.pow(a, b));

const modulo = (a, b) => a - Math.floor(a / b) * b;

const curve_sigmoid = (z) => 1 / (1 + Math.exp(-z));

const curve_tanh = (z) => Math.tanh(z);

const curve_exp = (z) => Math.exp(z);

const curve_log = (z) => Math.log(z);

const curve_relu = (z) => (z < 0 ? 0 : z);

const curve_leaky_relu = (z) => (z < 0 ? 0.01 * z : z);

const curve_elu = (z) => (z < 0 ? Math.expm1(z) : z);

const curve_selu = (z) => 1.0507009873554805 * (z < 0 ? 1.6732632423543772 * Math.expm1(z) : z);

const curve_softplus = (z) => (z < 0 ? 0 : z) + Math.log1p(Math.exp(-Math.abs(z)));

const curve_silu = (z) => z / (1 + Math.exp(-z));

const curve_softsign = (z) => z / (1 + Math.abs(z));

const curve_cosine = (z) => Math.cos(2 * Math.PI * (z - Math.floor(z + 0.5)));

const curve_sine = (z) => Math.sin(2 * Math.PI * (z - Math.floor(z + 0.5)));

// The upper tail of the normal distribution of numbers that are not negative; tail_half and tail_series are written beside it.
const upper_tail = (z) => {
  if (z === Infinity) return 0;
  const u = (z - tail_half) / (z + tail_half);
  return Math.exp(-0.5 * z * z) * tail_series.reduce((sum, c) => sum * u + c, 0);
};

const curve_gelu = (z) => z * (z > 0 ? 1 - upper_tail(z) : upper_tail(-z));

const standardise = (x, center, scale) => x.map((z, i) => (z - center[i]) / scale[i]);

const rescale = (x, scale, center) => x.map((z, i) => z * scale[i] + center[i]);

const times = (x, factors) => x.map((z, i) => z * factors[i]);

const plus = (x, y) => x.map((z, i) => z + y[i]);

const clamp = (x, lower, upper) => x.map((z, i) => Math.min(Math.max(z, lower[i]), upper[i]));

const mean = (vectors, shares) => vectors[0].map((z, i) => vectors.reduce((sum, x, j) => sum + shares[j] * x[i], 0));

const linear = (x, weights, biases, n) => {
  const out = biases ? biases.slice() : new Array(n).fill(0);
  x.forEach((z, i) => { for (let j = 0; j < n; j++) out[j] += z * weights[i * n + j]; });
  return out;
};

const softmax = (x) => {
  const top = x.reduce((a, b) => (b > a ? b : a));
  const powers = x.map((z) => Math.exp(z - top));
  const sum = powers.reduce((a, b) => a + b, 0);
  return powers.map((z) => z / sum);
};

const shares = (x, otherwise) => {
  const sum = x.reduce((a, b) => a + b, 0);
  return sum > 0 ? x.map((z) => z / sum) : otherwise;
};

const norm = (x, factors, biases, epsilon) => {
  const average = (values) => values.reduce((a, b) => a + b, 0) / values.length;
  const mean = average(x);
  const size = Math.sqrt(average(x.map((z) => (z - mean) * (z - mean))) + epsilon);
  return x.map((z, i) => (z - mean) / size * factors[i] + biases[i]);
};

const pieces = (z, edges) => edges.slice(1).map((end, i) => Math.min(Math.max((z - edges[i]) / (end - edges[i]), 0), 1));

const curve = (z, knots, scores) => {
  const next = knots.findIndex((knot) => knot > z);
  if (next === 0) return scores[0];
  if (next < 0) return scores[scores.length - 1];
  return scores[next - 1] + (z - knots[next - 1]) / (knots[next] - knots[next - 1]) * (scores[next] - scores[next - 1]);
};

const bend = (x, clipped, curves) => {
  const out = x.slice();
  clipped.forEach((i) => { out[i] = x[i] / Math.sqrt(1 + x[i] / 3 * (x[i] / 3)); });
  curves.forEach(([i, knots, scores]) => { out[i] = curve(x[i], knots, scores); });
  return out;
};
