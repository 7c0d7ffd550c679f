# What exported files of R are made from: each function behind those that it calls. Logical values are 1 and 0, NA where they are not known.

.given <- function(data, columns, texts, by_position) {
  if (is.matrix(data)) {
    if (by_position && (is.null(colnames(data)) || !all(columns %in% colnames(data)))) {
      if (ncol(data) != length(columns)) stop(length(columns), " columns are wanted, not ", ncol(data))
      colnames(data) <- columns
    }
    data <- stats::setNames(lapply(seq_len(ncol(data)), function(j) data[, j]), colnames(data))
  }
  lost <- setdiff(columns, names(data))
  if (length(lost) > 0L) stop("columns are missing: ", paste(lost, collapse = ", "))
  Map(function(name, text) {
    value <- data[[name]]
    if (text) {
      if (!is.factor(value) && !is.character(value) && !all(is.na(value))) stop("column ", name, " must be a text or a factor")
      as.character(value)
    } else {
      if (!(is.numeric(value) || is.logical(value)) || is.factor(value)) stop("column ", name, " must be numeric or logical")
      as.double(value)
    }
  }, columns, texts)
}

.bind <- function(n, columns) matrix(as.double(unlist(lapply(columns, rep_len, n))), n, length(columns))

.columns <- function(values, names) {
  made <- lapply(seq_len(ncol(values)), function(j) values[, j])
  names(made) <- names
  structure(made, class = "data.frame", row.names = seq_len(nrow(values)))
}

.missing <- function(a) as.double(is.na(a) & !is.nan(a))

.code <- function(text, table) {
  at <- match(enc2utf8(text), table$texts)
  code <- table$codes[at]
  code[is.na(at)] <- table$other
  code[is.na(text)] <- table$missing
  code
}

.choose <- function(a, b, c) {
  n <- max(length(a), length(b), length(c))
  ifelse(rep_len(a, n) != 0, rep_len(b, n), rep_len(c, n))
}

.unknown <- function(a) as.double(is.na(a))

.is_true <- function(a) as.double(a %in% 1)

.less <- function(a, b) as.double(a < b)

.less_equal <- function(a, b) as.double(a <= b)

.greater <- function(a, b) as.double(a > b)

.greater_equal <- function(a, b) as.double(a >= b)

.equal <- function(a, b) as.double(a == b)

.not_equal <- function(a, b) as.double(a != b)

.and <- function(a, b) as.double(a != 0 & b != 0)

.or <- function(a, b) as.double(a != 0 | b != 0)

.not <- function(a) as.double(a == 0)

.among <- function(a, values) ifelse(is.na(a), NA, as.double(a %in% values))

.min <- function(a, b) pmin(a, b)

.max <- function(a, b) pmax(a, b)

.sign <- function(a) sign(a)

.power <- function(a, b) a^b

.modulo <- function(a, b) a %% b

.curve_sigmoid <- function(z) 1 / (1 + exp(-z))

.curve_tanh <- function(z) tanh(z)

.curve_exp <- function(z) exp(z)

.curve_relu <- function(z) replace(z, z < 0, 0)

.curve_leaky_relu <- function(z) ifelse(z < 0, 0.01 * z, z)

.curve_elu <- function(z) ifelse(z < 0, expm1(z), z)

.curve_selu <- function(z) 1.0507009873554805 * ifelse(z < 0, 1.6732632423543772 * expm1(z), z)

.curve_gelu <- function(z) z * stats::pnorm(z)

.curve_softplus <- function(z) replace(z, z < 0, 0) + log1p(exp(-abs(z)))

.curve_silu <- function(z) z / (1 + exp(-z))

.curve_softsign <- function(z) z / (1 + abs(z))

.curve_log <- function(z) log(z)

.curve_cosine <- function(z) cos(2 * pi * (z - floor(z + 0.5)))

.curve_sine <- function(z) sin(2 * pi * (z - floor(z + 0.5)))

.standardise <- function(x, center, scale) (x - rep(center, each = nrow(x))) / rep(scale, each = nrow(x))

.rescale <- function(x, scale, center) x * rep(scale, each = nrow(x)) + rep(center, each = nrow(x))

.times <- function(x, factors) x * rep(factors, each = nrow(x))

.clamp <- function(x, lower, upper) {
  x[] <- pmin(pmax(x, rep(lower, each = nrow(x))), rep(upper, each = nrow(x)))
  x
}

.linear <- function(x, weights, biases) x %*% weights + rep(biases, each = nrow(x))

.softmax <- function(x) {
  e <- exp(x - x[cbind(seq_len(nrow(x)), max.col(x, ties.method = "first"))])
  e / rowSums(e)
}

.shares <- function(x, otherwise) {
  sum <- rowSums(x)
  out <- otherwise
  out[sum > 0, ] <- x[sum > 0, ] / sum[sum > 0]
  out
}

.norm <- function(x, factors, biases, epsilon) {
  x <- x - rowMeans(x)
  x / sqrt(rowMeans(x^2) + epsilon) * rep(factors, each = nrow(x)) + rep(biases, each = nrow(x))
}

.pieces <- function(z, edges) {
  m <- length(edges) - 1L
  matrix(pmin(pmax((z - rep(edges[-(m + 1L)], each = length(z))) / rep(diff(edges), each = length(z)), 0), 1), length(z), m)
}

.curve <- function(z, knots, scores) {
  i <- findInterval(z, knots)
  low <- pmax(i, 1L)
  high <- pmin(i + 1L, length(knots))
  share <- ifelse(low == high, 0, (z - knots[low]) / (knots[high] - knots[low]))
  ifelse(i == 0L, scores[1L], scores[low] + share * (scores[high] - scores[low]))
}

.bend <- function(x, clipped, curves) {
  for (i in clipped) x[, i] <- x[, i] / sqrt(1 + (x[, i] / 3)^2)
  for (one in curves) x[, one[[1L]]] <- .curve(x[, one[[1L]]], one[[2L]], one[[3L]])
  x
}
