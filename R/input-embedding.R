# What becomes of an input between the table and the network: how it is bent (`standardize`), and the bins that join it (`embed`). Learnt here from
# the training rows; the engine does it as it gathers rows.

#' Encodings of numeric inputs
#'
#' `embed = "piecewise"` gives the network, beside each numeric input itself, a few inputs more that say how far the number has come through
#' each of some intervals. A network then can bend sharply at values where the data are dense; without, it has to find such bends by itself.
#'
#' The edges \eqn{e_0 < e_1 < \dots < e_b}{e0 < e1 < ... < eb} of the intervals are quantiles of the training rows (weighted by case weights), for `bins` intervals of as many
#' rows each; values that occur often make fewer of them. Interval i makes the input \eqn{(x-e_{i-1})/(e_i-e_{i-1})}{(x - e[i-1]) / (e[i] - e[i-1])}, held between 0 and 1. Columns of
#' zeros and ones, and those with fewer than three values, have none. `fit$inputs$encoding$edges` has the edges. They are found in at most
#' 100,000 rows, drawn by the seed.
#'
#' @param bins How many intervals each column is cut into, 1 or more.
#' @param columns Names of the inputs that are encoded, as [coef()][coef.nn_fit] shows them; `NULL` for all numeric ones.
#' @return An object of class `nn_embedding` for `embed =` of [nn_train()].
#' @references Gorishniy, Y., Rubachev, I., & Babenko, A. (2022). On embeddings for numerical features in tabular deep learning. *NeurIPS 35*.
#' @examples
#' wave <- data.frame(x = seq(-3, 3, length.out = 200))
#' wave$y <- sin(2 * wave$x)
#' fit <- nn_train(y ~ x, data = wave, embed = embed_piecewise(bins = 16), seed = 1)
#' mean((nn_predict(fit, wave) - wave$y)^2)
#' @export
embed_piecewise <- function(bins = 8, columns = NULL) {
  call <- quote(embed_piecewise())
  if (!is.null(columns) && (!is.character(columns) || length(columns) == 0L || anyNA(columns))) {
    stop_argument("columns", "names of inputs, or `NULL`", columns, call = call)
  }
  new_hyperparameters("nn_embedding", embedding_fields, "piecewise", list(bins = check_count(bins, "bins", call = call), columns = columns), call)
}

#' @export
print.nn_embedding <- function(x, ...) {
  check_hyperparameters(x, "x", "nn_embedding", embedding_fields, quote(print()))
  cat("<nn_embedding> ", describe_embedding(x), "\n", sep = "")
  invisible(x)
}

describe_embedding <- function(embed) {
  paste0(embed$name, ", ", count_text(embed$bins, "bin"), if (!is.null(embed$columns)) paste0(", of ", paste(embed$columns, collapse = ", ")))
}

# A name or an object, or NULL.
read_embed <- function(embed) {
  if (is.null(embed) || identical(embed, "none")) {
    return(NULL)
  }
  if (inherits(embed, "nn_embedding")) {
    return(check_hyperparameters(embed, "embed", "nn_embedding", embedding_fields))
  }
  check_choice(embed, "embed", c("none", names(embedding_fields)))
  embed_piecewise()
}

# FALSE, TRUE (mean and standard deviation), "robust" or "quantile".
read_standardize <- function(standardize) {
  if (!is_flag(standardize) && !is_choice(standardize, standardizings)) {
    stop_argument("standardize", "`TRUE`, `FALSE`, `\"robust\"` or `\"quantile\"`", standardize)
  }
  standardize
}

# What is learnt of a training's inputs: NULL, or a list of `clipped` (a flag for each column), `knots` and `scores`, `edges` (of each column numbers or
# NULL, in the column's own units). A fit that goes on keeps its own. `x` has no values that are missing or infinite. `dummy`: which
# columns are of zeros and ones, where `x` are some rows of many. `seed` draws the rows looked at.
learn_encoding <- function(standardize, embed, x, case_weights, earlier, seed, dummy = columns_of_zeros_and_ones(x)) {
  if (!is.null(earlier)) {
    return(earlier$inputs$encoding)
  }
  bends <- is.character(standardize)
  if (is.null(embed) && !bends) {
    return(NULL)
  }
  if (is_sparse(x)) {
    what <- if (bends) paste0("standardize = \"", standardize, "\"") else "embed"
    stop_incompatible(
      "{.code {what}} does not work on a sparse matrix.", "Leave it out, or give a dense matrix.",
      what = what
    )
  }
  numeric <- !dummy
  at <- embedded_columns(embed, x, numeric)
  rows <- rows_looked_at(nrow(x), seed)
  encoding <- list()
  of <- function(columns, learn) {
    made <- vector("list", ncol(x))
    made[columns] <- lapply(columns, function(j) learn(x[rows, j], case_weights[rows]))
    made
  }
  if (identical(standardize, "robust")) encoding$clipped <- numeric
  if (identical(standardize, "quantile")) {
    points <- of(which(numeric), normal_scores)
    encoding$knots <- lapply(points, function(point) point$knots)
    encoding$scores <- lapply(points, function(point) point$scores)
  }
  if (!is.null(embed)) encoding$edges <- of(at, function(column, weights) edges_of(column, weights, embed$bins))
  if (length(unlist(encoding$edges)) == 0L) encoding$edges <- NULL
  if (length(encoding) == 0L) NULL else encoding
}

# Where quantiles are wanted, so many rows tell enough.
most_looked_at <- 1e5

# The rows of the smallest keys, of those that train: the same in memory and where a reader gives them.
rows_looked_at <- function(n, seed, most = most_looked_at) {
  if (n <= most) {
    return(seq_len(n))
  }
  keys <- row_keys(seed, 0, n, "sample")
  which(keys < sort(keys, partial = most + 1)[most + 1])
}

# A key for each row by (`seed`, its number, from 0): the same in every pass and for every chunk. `purpose`: "sample" or "held".
row_keys <- function(seed, first, count, purpose) answered(engine_row_keys(as.double(seed), as.double(first), as.double(count), purpose))$keys

embedded_columns <- function(embed, x, numeric) {
  if (is.null(embed$columns)) {
    return(which(numeric))
  }
  at <- match(embed$columns, colnames(x))
  if (anyNA(at)) {
    missing <- embed$columns[is.na(at)]
    stop_backprop("argument", c(
      "{.arg embed} names {cli::qty(length(missing))}{?an input/inputs} that {?is/are} not there: {.val {missing}}.",
      i = "The inputs are {.val {colnames(x)}}."
    ))
  }
  at[numeric[at]]
}

# Edges of intervals of as many rows each; NULL of a column with fewer than three values.
edges_of <- function(column, weights, bins) {
  edges <- unique(quantiles_of(column, weights, seq(0, 1, length.out = bins + 1)))
  if (length(edges) < 3L && length(unique(column)) >= 3L) {
    # One value is nearly all there is: the others are looked at by themselves.
    edges <- unique(quantiles_of(unique(column), NULL, seq(0, 1, length.out = bins + 1)))
  }
  edges <- edges[c(TRUE, are_apart(edges, mean(column), stats::sd(column)))]
  if (length(edges) < 3L) NULL else edges
}

# Whether each edge but the first is another number than the one before also when they are standardised, in single precision.
are_apart <- function(edges, center, scale) {
  z <- (edges - center) / scale
  n <- length(z)
  if (n < 2L || !all(is.finite(z))) {
    return(logical(max(n - 1L, 0L)))
  }
  diff(z) > 1e-6 * pmax(abs(z[-1L]), abs(z[-n]))
}

# Points of a curve from the column to the place that a value would have in a normal distribution: at most 100 of them.
normal_scores <- function(column, weights) {
  shares <- (seq_len(100) - 0.5) / 100
  knots <- quantiles_of(column, weights, shares)
  scores <- stats::qnorm(shares)
  # Where one value has several of the shares, their mean is its place.
  groups <- cumsum(c(TRUE, are_apart(knots, mean(column), stats::sd(column))))
  list(knots = knots[!duplicated(groups)], scores = as.vector(tapply(scores, groups, mean)))
}

# Quantiles, with weights such that weight 2 equals the value twice: of the values whose share of the weight reaches `shares` the first, and where it is just
# reached the mean of this one and the next (R's type 2).
quantiles_of <- function(column, weights, shares) {
  order <- order(column)
  sorted <- column[order]
  reached <- cumsum(if (is.null(weights)) rep(1, length(sorted)) else weights[order])
  wanted <- shares * reached[length(reached)]
  slack <- 1e-12 * reached[length(reached)]
  first <- pmin(findInterval(wanted - slack, reached, left.open = TRUE) + 1L, length(sorted))
  after <- pmin(findInterval(wanted + slack, reached) + 1L, length(sorted))
  (as.double(sorted[first]) + as.double(sorted[after])) / 2
}

# How many inputs the network gets of `p` columns.
# Asked of edited fits, too.
encoded_width <- function(p, encoding) {
  edges <- if (is.list(encoding)) encoding[["edges"]]
  p + if (is.list(edges)) sum(pmax(lengths(edges) - 1L, 0L)) else 0L
}

# Names of the network's inputs: those of the columns, then of each column's bins.
encoded_names <- function(names, encoding) {
  bins <- Map(function(name, edges) {
    if (length(edges) > 1L) {
      shown <- format_each(signif(edges, 4))
      paste0(name, " [", shown[-length(shown)], ", ", shown[-1L], "]")
    }
  }, names, if (is.null(encoding$edges)) list(NULL) else encoding$edges)
  c(names, unlist(bins, use.names = FALSE))
}

# As the engine takes it: of standardised numbers. A column that does not vary stays as it is.
encoding_for_engine <- function(inputs) {
  encoding <- inputs$encoding
  if (is.null(encoding)) {
    return(NULL)
  }
  scaled <- function(numbers) {
    Map(function(x, center, scale) if (length(x) > 0L && is.finite(scale)) (x - center) / scale, numbers, inputs$center, inputs$scale)
  }
  if (is.null(inputs$center)) {
    inputs$center <- rep(0, inputs$n)
    inputs$scale <- rep(1, inputs$n)
  }
  encoding[c("knots", "edges")] <- list(
    if (!is.null(encoding$knots)) scaled(encoding$knots), if (!is.null(encoding$edges)) scaled(encoding$edges)
  )
  encoding
}

# The middle of a column and a spread that does not depend on its extremes: the standard deviation of a normal distribution with these quartiles.
robust_moments <- function(column, weights) {
  quartiles <- quantiles_of(column, weights, c(0.25, 0.5, 0.75))
  scale <- (quartiles[3L] - quartiles[1L]) / (2 * stats::qnorm(0.75))
  # Half of the rows have one value: the others tell of the spread.
  if (scale == 0) scale <- (max(column) - min(column)) / 2
  c(quartiles[2L], scale)
}

# The inputs are not linear in the columns, so that weights of the columns themselves do not exist.
refuse_encoded <- function(fit, what, call) {
  if (!is.null(fit$inputs$encoding)) {
    stop_backprop("encoded", c(
      "{.code {what}} does not go with a network whose inputs are encoded.",
      i = "{.code embed = NULL} and {.code standardize = TRUE} train one whose weights can be brought to the scale of the columns."
    ), call = call)
  }
}
