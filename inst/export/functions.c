/* What exported files of C are made from: each function behind those that it calls. Logical values are 1 and 0, NAN where they are not known. */

static int bp_same(const char *a, const char *b)
{
  while (*a && *a == *b) { a++; b++; }
  return *a == *b;
}

static double bp_unknown(double a) { return isnan(a) ? 1.0 : 0.0; }

static double bp_is_true(double a) { return a == 1.0 ? 1.0 : 0.0; }

static double bp_choose(double a, double b, double c) { return isnan(a) ? NAN : a != 0.0 ? b : c; }

static double bp_less(double a, double b) { return isnan(a) || isnan(b) ? NAN : a < b; }

static double bp_less_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a <= b; }

static double bp_greater(double a, double b) { return isnan(a) || isnan(b) ? NAN : a > b; }

static double bp_greater_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a >= b; }

static double bp_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a == b; }

static double bp_not_equal(double a, double b) { return isnan(a) || isnan(b) ? NAN : a != b; }

static double bp_and(double a, double b) { return a == 0.0 || b == 0.0 ? 0.0 : isnan(a) || isnan(b) ? NAN : 1.0; }

static double bp_or(double a, double b) { return (a != 0.0 && !isnan(a)) || (b != 0.0 && !isnan(b)) ? 1.0 : isnan(a) || isnan(b) ? NAN : 0.0; }

static double bp_not(double a) { return isnan(a) ? NAN : a == 0.0; }

static double bp_among(double a, const double *values, int n)
{
  int i;
  if (isnan(a)) return NAN;
  for (i = 0; i < n; i++) if (a == values[i]) return 1.0;
  return 0.0;
}

static double bp_min(double a, double b) { return isnan(a) || isnan(b) ? NAN : a < b ? a : b; }

static double bp_max(double a, double b) { return isnan(a) || isnan(b) ? NAN : a > b ? a : b; }

static double bp_sign(double a) { return isnan(a) ? NAN : a > 0.0 ? 1.0 : a < 0.0 ? -1.0 : 0.0; }

static double bp_power(double a, double b) { return pow(a, b); }

static double bp_modulo(double a, double b) { return a - floor(a / b) * b; }

static double bp_sigmoid(double z) { return 1.0 / (1.0 + exp(-z)); }

static double bp_tanh(double z) { return tanh(z); }

static double bp_exp(double z) { return exp(z); }

static double bp_log(double z) { return log(z); }

static double bp_relu(double z) { return z < 0.0 ? 0.0 : z; }

static double bp_leaky_relu(double z) { return z < 0.0 ? 0.01 * z : z; }

static double bp_elu(double z) { return z < 0.0 ? expm1(z) : z; }

static double bp_selu(double z) { return 1.0507009873554805 * (z < 0.0 ? 1.6732632423543772 * expm1(z) : z); }

static double bp_gelu(double z) { return 0.5 * z * erfc(-z * 0.70710678118654752); }

static double bp_softplus(double z) { return (z < 0.0 ? 0.0 : z) + log1p(exp(-fabs(z))); }

static double bp_silu(double z) { return z / (1.0 + exp(-z)); }

static double bp_softsign(double z) { return z / (1.0 + fabs(z)); }

static double bp_cosine(double z) { return cos(6.2831853071795865 * (z - floor(z + 0.5))); }

static double bp_sine(double z) { return sin(6.2831853071795865 * (z - floor(z + 0.5))); }

static double bp_clipped(double z) { return z / sqrt(1.0 + z / 3.0 * (z / 3.0)); }

static double bp_curve(double z, const double *knots, const double *scores, int n)
{
  int i = 0;
  if (z < knots[0]) return scores[0];
  while (i < n && knots[i] <= z) i++;
  if (i == n) return scores[n - 1];
  return scores[i - 1] + (z - knots[i - 1]) / (knots[i] - knots[i - 1]) * (scores[i] - scores[i - 1]);
}

static void bp_pieces(double z, const double *edges, int n, double *out)
{
  int i;
  for (i = 0; i < n; i++) {
    double share = (z - edges[i]) / (edges[i + 1] - edges[i]);
    out[i] = share < 0.0 ? 0.0 : share > 1.0 ? 1.0 : share;
  }
}

static void bp_standardise(const double *x, const double *center, const double *scale, int n, double *out)
{
  int i;
  for (i = 0; i < n; i++) out[i] = (x[i] - center[i]) / scale[i];
}

static void bp_rescale(const double *x, const double *scale, const double *center, int n, double *out)
{
  int i;
  for (i = 0; i < n; i++) out[i] = x[i] * scale[i] + center[i];
}

static void bp_times(const double *x, const double *factors, int n, double *out)
{
  int i;
  for (i = 0; i < n; i++) out[i] = x[i] * factors[i];
}

static void bp_plus(const double *x, const double *y, int n, double *out)
{
  int i;
  for (i = 0; i < n; i++) out[i] = x[i] + y[i];
}

static void bp_clamp(const double *x, const double *lower, const double *upper, int n, double *out)
{
  int i;
  for (i = 0; i < n; i++) out[i] = x[i] < lower[i] ? lower[i] : x[i] > upper[i] ? upper[i] : x[i];
}

static void bp_linear(const double *x, int m, const double *weights, const double *biases, int n, double *out)
{
  int i, j;
  for (j = 0; j < n; j++) out[j] = biases ? biases[j] : 0.0;
  for (i = 0; i < m; i++) for (j = 0; j < n; j++) out[j] += x[i] * weights[i * n + j];
}

static void bp_norm(const double *x, const double *factors, const double *biases, double epsilon, int n, double *out)
{
  double mean = 0.0, variance = 0.0;
  int i;
  for (i = 0; i < n; i++) mean += x[i] / n;
  for (i = 0; i < n; i++) variance += (x[i] - mean) * (x[i] - mean) / n;
  for (i = 0; i < n; i++) out[i] = (x[i] - mean) / sqrt(variance + epsilon) * factors[i] + biases[i];
}

static void bp_shares(const double *x, const double *otherwise, int n, double *out)
{
  double sum = 0.0;
  int i;
  for (i = 0; i < n; i++) sum += x[i];
  for (i = 0; i < n; i++) out[i] = sum > 0.0 ? x[i] / sum : otherwise[i];
}

static void bp_softmax(const double *x, int n, double *out)
{
  double top = x[0], sum = 0.0;
  int i;
  for (i = 1; i < n; i++) if (x[i] > top) top = x[i];
  for (i = 0; i < n; i++) sum += out[i] = exp(x[i] - top);
  for (i = 0; i < n; i++) out[i] /= sum;
}
