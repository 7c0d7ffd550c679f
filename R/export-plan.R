# How a fit predicts, as a plain list that any language can be written from: export-inputs.R makes of a user's columns the inputs of the networks,
# export-layers.R the steps of each network; here they are put together. Nothing in it refers to R.
#
# A plan is a list:
#   inputs     the user's columns: each a list of `name`, `kind` ("number", "flag" or "levels") and, of levels, the `levels` that are known;
#              `offset`, where it is the offset of a matrix
#   matrix     whether these columns are those of a matrix: numbers all, by position
#   codes      tables that make numbers of texts: `input` (its place), `texts`, `codes`; `other` for a text that is none of them, `missing` for none
#   scalars    expressions, each of which may use those before it
#   x          an expression for each input of the networks; NULL where these are the columns themselves
#   checks     expressions: where one of them is not 1 there is no prediction. Nor is there where an element of `x` or of `offset` is not finite
#   offset     an expression for each output that is added to it, or NULL
#   constants  vectors and matrices by name
#   steps      in order; each makes a vector, see below
#   lengths    of the vectors by name
#   result     the vector that is the prediction
#   outputs    names of its elements: as predict() has them, without the leading ".pred_"; `single`, whether there is one only
#   classes    levels of the outcome, where the outputs are their probabilities: the class is the first of the largest
#   outcome    what is predicted, in words; `network`, by what; `version`, by which version of the package; `call`, how it was trained
#
# An expression is a list of `op` and, as a rule, `args`, which are expressions. Logical values are 1 and 0, and NaN is a value that is not known. Leaves:
#   number (value), input (at: which one, a number or a flag), scalar (at), code (at: which table), missing (at: 1 where that input is missing, else 0).
# The others are in `expression_ops` of export-expressions.R.
#
# A step is a list of `op`, `into` (the name of what it makes) and `from` (the name of what it reads: "x", "offset" or an earlier `into`). Names in
# `weights`, `biases`, `center`, `scale`, `lower`, `upper` and `factors` are of constants. By `op`, into is:
#   standardise (from - center) / scale; a scale of Inf makes 0
#   bend        from, where the elements `clipped` become z / sqrt(1 + (z / 3)^2), and those of `curves` (column, knots, scores) are interpolated between
#               the points, beyond the last ones as there
#   pieces      for each of `pieces` (column, edges) and each interval between its edges, how far z is through it: held between 0 and 1
#   take        elements of several vectors, one after the other: `parts`, a list of `from` and `at` (NULL: all)
#   linear      from %*% weights + biases; the weights have a row for each element of `from`; biases NULL: none
#   times       from * factors
#   plus        the sum of the vectors `from`
#   activate    from, each through `activation`: one of the engine's, "log", or "cosine" and "sine" of turns: cos(2 pi z)
#   norm        (from - mean) / sqrt(variance + epsilon) * factors + biases; mean and variance (divisor n) are those of the vector
#   softmax     exp(z) / sum(exp(z))
#   shares      the first vector of `from` divided by its sum; the second one where that sum is 0
#   rescale     from * scale + center
#   clamp       from, held between lower and upper
#   mean        the sum of the vectors `from`, each times its share in `shares`
# `double` is TRUE of steps for which single precision would not do: those that calibrate probabilities, and those that these come from.

# The plan of a fit; an error that says how to mend it where it has none.
export_plan <- function(fit, call = quote(nn_export())) {
  refuse_unplanned(fit, call)
  plan <- list2env(list(constants = list(), steps = list(), lengths = list(), codes = list(), scalars = list(), double = FALSE, call = call))
  plan_inputs(plan, fit)
  plan$lengths$x <- fit$inputs$n
  members <- if (is_ensemble(fit)) lapply(seq_along(fit$members), function(number) member_of(fit, number)) else list(fit)
  shares <- if (is_ensemble(fit)) fit$shares else 1
  counted <- shares > 0
  made <- vapply(members[counted], plan_member, "", plan = plan, calibrated = !is.null(fit$calibration))
  result <- add_mean(plan, made, shares[counted])
  classes <- fit$outcome$levels
  # One number stands for both levels.
  one <- length_of(plan, result) == 1L
  if (one && !(is.null(classes) && is.null(fit$calibration))) result <- add_pair(plan, result)
  if (!is.null(fit$calibration)) result <- plan_calibration(plan, fit, result)
  if (one && is.null(classes) && !is.null(fit$calibration)) result <- add_take(plan, list(list(from = result, at = 2L)))
  finish_plan(plan, fit, result, classes)
}

finish_plan <- function(plan, fit, result, classes) {
  made <- as.list(plan)[c("inputs", "matrix", "codes", "scalars", "x", "checks", "offset", "constants", "steps", "lengths")]
  names <- if (is.null(classes)) output_names(fit) else classes
  if (is.null(names) && length_of(plan, result) > 1L) names <- paste0("y", seq_len(length_of(plan, result)))
  made$lengths <- unlist(made$lengths)
  c(made, list(
    result = result, outputs = names, single = length_of(plan, result) == 1L, classes = classes,
    outcome = describe_prediction(fit), network = describe_exported(fit), version = package_version_text(),
    call = if (!is.null(fit$call)) deparse1(fit$call)
  ))
}

# What the outputs mean, in words.
describe_prediction <- function(fit) {
  if (identical(fit$settings$loss, "quantile")) {
    return("quantiles of the outcome")
  }
  if (has_log_sds(fit$settings)) {
    return("mean and standard deviation of the outcome, in its units")
  }
  switch(fit$outcome$kind,
    factor = "probabilities of the levels", logical = "the probability of TRUE", counts = "the probability of a success, or of each class",
    if (fit$settings$output == "sigmoid") "the mean of the outcome, between 0 and 1" else "the mean of the outcome, in its units"
  )
}

describe_exported <- function(fit) {
  network <- if (is_ensemble(fit)) {
    paste("the mean of", count_text(length(fit$members), "network"))
  } else {
    paste0("a network of ", paste(fit$settings$sizes, collapse = "-"), ", ", fit$settings$output, " output")
  }
  paste0(network, if (!is.null(fit$calibration)) paste0(", calibrated: ", describe_calibration(fit)))
}

refuse_unplanned <- function(fit, call) {
  members <- if (is_ensemble(fit)) lapply(seq_along(fit$members), function(number) member_of(fit, number)) else list(fit)
  if (fit$outcome$kind == "survival") {
    family <- family_of(fit)$family
    stop_backprop("export", c(
      "A fit of {.code family = \"{family}\"} cannot be exported: it predicts curves of survival, which are no row of numbers.",
      i = "{.code predict(fit, new_data, type = \"survival\", time = )} has them as numbers at times."
    ), call = call)
  }
  own <- vapply(members, function(member) !all(member$settings$activation %in% names(activations)), NA)
  if (identical(fit$interface, "recipe")) {
    stop_backprop("export", c(
      "A fit by recipe cannot be exported: the steps of its recipe are code of R.",
      i = "Train on the table that {.code recipes::bake(recipes::prep(recipe), new_data = NULL)} makes, and export that fit.",
      i = "Its inputs are then the columns behind the recipe; what is handed to the file must go through the recipe before."
    ), call = call)
  }
  if (any(own)) {
    stop_backprop("export", c(
      "A network with an activation of your own cannot be exported: it is a function in R.",
      i = "Train with one of {.val {names(activations)}}."
    ), call = call)
  }
}

# ---- what steps are added by: each answers with the name of what it makes ---------------------------

add_step <- function(plan, op, from, length, ...) {
  # What is read may be a step that is added first.
  force(from)
  into <- paste0("s", length(plan$steps) + 1L)
  plan$steps <- c(plan$steps, list(list(op = op, into = into, from = from, double = plan$double, ...)))
  plan$lengths[[into]] <- as.integer(length)
  into
}

# A constant, by the name that it gets; what is shared by several steps is made once.
add_constant <- function(plan, value, what) {
  if (is.null(value)) {
    return(NULL)
  }
  name <- paste0(what, length(plan$constants) + 1L)
  plan$constants[[name]] <- unname(value)
  name
}

# A vector may be made as it is named here: then its length is there afterwards.
length_of <- function(plan, name) {
  force(name)
  plan$lengths[[name]]
}

add_linear <- function(plan, from, weights, biases, what) {
  weights <- as.matrix(weights)
  biases <- if (length(biases) > 0L) add_constant(plan, biases, paste0(what, "_biases"))
  add_step(plan, "linear", from, ncol(weights), weights = add_constant(plan, weights, paste0(what, "_weights")), biases = biases)
}

add_activation <- function(plan, from, activation) {
  if (activation == "linear") from else add_step(plan, "activate", from, length_of(plan, from), activation = activation)
}

add_take <- function(plan, parts) {
  length <- sum(vapply(parts, function(part) if (is.null(part$at)) length_of(plan, part$from) else length(part$at), 0L))
  add_step(plan, "take", unique(vapply(parts, function(part) part$from, "")), length, parts = parts)
}

add_plus <- function(plan, from) add_step(plan, "plus", from, length_of(plan, from[1L]))

add_mean <- function(plan, from, shares) {
  if (length(from) == 1L && shares == 1) from else add_step(plan, "mean", from, length_of(plan, from[1L]), shares = shares)
}

add_rescale <- function(plan, from, scale, center, what) {
  add_step(
    plan, "rescale", from, length_of(plan, from),
    scale = add_constant(plan, scale, paste0(what, "_scale")), center = add_constant(plan, center, paste0(what, "_center"))
  )
}
