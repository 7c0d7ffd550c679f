# Standardising: the moments of training rows, applied to inputs by the engine and to outcomes here.

# Centre and scale of inputs, and of a numeric outcome under a linear output; NULL where not scaled.
# A fit that goes on keeps its own.
# `facts` is what is known of the rows that train, from facts_of_rows() or facts_of_stream().
resolve_scaling <- function(spec, facts, earlier) {
  linear <- scales_outcome(spec$engine)
  extras <- learn_outcome(spec, facts$y, facts$case_weights, earlier)
  if (identical(spec$standardize, FALSE)) {
    return(extras)
  }
  if (!is.null(earlier) && !identical(earlier$settings$standardize, FALSE)) {
    return(c(extras, list(
      center = earlier$inputs$center, scale = earlier$inputs$scale,
      y_center = if (linear) earlier$outcome$center, y_scale = if (linear) earlier$outcome$scale
    )))
  }
  if (!spec$bias) {
    return(c(scale_without_centers(spec, facts, extras, linear), extras))
  }
  moments <- column_moments(facts$moments())
  dummy <- facts$dummy()
  if (spec$standardize == "robust") {
    for (j in which(!dummy & !moments$constant)) {
      looked <- facts$looked_at(j)
      robust <- robust_moments(looked$column, looked$weights)
      # A column that is constant in the rows looked at keeps its moments.
      if (robust[2L] > 0) moments[c("center", "scale")] <- list(replace(moments$center, j, robust[1L]), replace(moments$scale, j, robust[2L]))
    }
  }
  # An input that is constant in training has no effect in prediction either: its weights were never trained.
  idle <- moments$constant
  moments$center[dummy & !idle] <- 0
  moments$scale[dummy] <- 1
  moments$scale[idle] <- Inf
  moments$constant <- NULL
  if (linear) {
    of_y <- column_moments(facts$moments_of_outcome(extras$y_transform))
    moments$y_center <- of_y$center
    moments$y_scale <- of_y$scale
  }
  c(moments, extras)
}

# Nothing could take a center back where there are no biases: columns are divided by the root of the mean of their squares. What is always 0
# has no effect in prediction either.
scale_without_centers <- function(spec, facts, extras, linear) {
  if (is.character(spec$standardize)) {
    stop_incompatible(
      "{.code standardize = \"{how}\"} takes the middle of each column away, which a network without biases cannot give back.",
      "{.code standardize = TRUE} then divides without centring.", how = spec$standardize
    )
  }
  scale <- column_sizes(facts$moments(), facts$total)
  scale[facts$dummy() & scale > 0] <- 1
  scaling <- list(center = numeric(length(scale)), scale = replace(scale, scale == 0, Inf))
  if (linear) {
    of_y <- column_sizes(facts$moments_of_outcome(extras$y_transform), facts$total)
    scaling$y_center <- numeric(length(of_y))
    scaling$y_scale <- replace(of_y, of_y == 0, 1)
  }
  scaling
}

# Root of the weighted mean of squares.
column_sizes <- function(moments, total) {
  spread <- ifelse(is.finite(moments$scale), moments$scale, 0) * sqrt(max(0, 1 - 1 / total))
  # As hypot() does it, for numbers whose squares are beyond all.
  largest <- pmax(abs(moments$center), spread)
  smaller <- pmin(abs(moments$center), spread)
  ifelse(largest > 0, largest * sqrt(1 + (smaller / ifelse(largest > 0, largest, 1))^2), 0)
}

# Whether outcomes are numbers that a linear output predicts, and not classes in order or times.
scales_outcome <- function(engine) {
  family <- family_of_settings(engine)
  if (is.null(family)) engine$output == "linear" else family$scales
}

# What else becomes of an outcome; see input-outcome-transform.R. A fit that goes on keeps its own.
learn_outcome <- function(spec, y, case_weights, earlier) {
  if (!is.null(earlier)) {
    return(list(y_transform = earlier$outcome$transform, y_limits = earlier$outcome$limits))
  }
  list(
    y_transform = if (identical(spec$outcome_transform, "log")) learn_log(y, case_weights),
    y_limits = if (isTRUE(spec$clip_predictions) && scales_outcome(spec$engine)) limits_of_outputs(learn_limits(y), utils::tail(spec$engine$sizes, 1L))
  )
}

# What scaling goes by, of rows in memory: their moments, which columns are of zeros and ones, columns of the rows looked at, which
# `seed` draws, and their total weight.
facts_of_rows <- function(x, y, case_weights, seed) {
  list(
    y = y, case_weights = case_weights, total = if (is.null(case_weights)) nrow(x) else sum(case_weights),
    moments = function() answered(engine_moments(x, case_weights)),
    dummy = function() columns_of_zeros_and_ones(x),
    looked_at = function(j) {
      rows <- rows_looked_at(nrow(x), seed)
      list(column = x[rows, j], weights = case_weights[rows])
    },
    moments_of_outcome = function(transform) answered(engine_moments(transform_outcome(y, transform), case_weights))
  )
}

# Mean and standard deviation (divisor: sum of weights - 1), of constant columns 1. `moments`: as engine_moments() gives them.
column_moments <- function(moments) {
  constant <- moments$scale == 0 | !is.finite(moments$scale)
  moments$scale[constant] <- 1
  list(center = moments$center, scale = moments$scale, constant = constant)
}

# Judged by the values, not by where the column came from, so that a matrix of dummies made by hand
# is treated as the factor it stands for.
columns_of_zeros_and_ones <- function(x) {
  if (is_sparse(x)) {
    return(sparse_dummies(x))
  }
  vapply(seq_len(ncol(x)), function(j) {
    first <- x[1L, j]
    (is.na(first) || first == 0 || first == 1) && all(x[, j] == 0 | x[, j] == 1, na.rm = TRUE)
  }, NA)
}

scale_columns <- function(y, center, scale) {
  (y - rep(center, each = nrow(y))) / rep(scale, each = nrow(y))
}

unscale_columns <- function(y, center, scale) {
  y * rep(scale, each = nrow(y)) + rep(center, each = nrow(y))
}
