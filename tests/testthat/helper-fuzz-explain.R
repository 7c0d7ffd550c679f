# Random calls: explanations of a fit, and pictures of them.

targets_of_explanations <- function() {
  needed <- c("samples", "repeats", "variables", "data")
  lapply(list(
    nn_importance = asks_a_fit("nn_importance", quote(nn_importance), holds_of_importance, importance_kinds, extra = character(), needed = needed),
    nn_partial = asks_a_fit("nn_partial", quote(nn_partial), holds_of_partial, partial_kinds, extra = character(), needed = needed),
    nn_shap = asks_a_fit("nn_shap", quote(nn_shap), holds_of_shap, shap_kinds, extra = character(), needed = needed),
    pictures_of_explanations = target_of_explained_pictures, prints_of_explanations = target_of_explained_prints
  ), that_may_draw)
}

# Without a seed they draw one number.
that_may_draw <- function(target) {
  function() {
    draw <- target()
    draw$may_draw <- TRUE
    draw
  }
}

columns_known <- function(known) tryCatch(names(columns_in_inputs(known$fit)$inputs), error = function(cnd) "a")

outputs_known <- function(known) function(near) if (near) draw_one("zzz", NA, 1, character()) else draw_one(NULL, colnames(output_chooser(known$fit, NULL, NULL)(matrix(0, 1L, count_predictions(known$fit)))))

a_few <- function(near) if (near) a_count(TRUE) else draw_one(1, 2L, 3)

importance_kinds <- function(known) {
  method <- draw_one("permutation", "permutation", "permutation", "shapley", "gradient", "olden", "garson")
  kinds <- list(
    method = function(near) if (near) a_choice_of("permutation")(TRUE) else method, seed = or_null(a_seed), level = a_level, threads = or_null(a_few),
    repeats = a_few, output = outputs_known(known), rows = or_null(function(near) if (near) a_count(TRUE) else draw_one(3, 20L, 1000)),
    metric = or_null(function(near) if (near) draw_one(a_choice_of(explained_metrics)(TRUE), function(y, p) "a") else draw_one(draw_from(explained_metrics), function(y, p) 1))
  )
  # Most of the time what the method takes.
  if (chance(0.9)) kinds[setdiff(names(kinds), c("method", "seed", "level", "threads", importance_methods[[method]]))] <- NULL
  kinds$method <- if (method == "permutation") kinds$method else function(near) method
  kinds
}

partial_kinds <- function(known) {
  columns <- columns_known(known)
  list(
    variables = function(near) if (near) draw_one("zzz", NA, 1, character(), rep(columns, 3)) else utils::head(sample(columns), draw_one(1, 1, 2)),
    type = a_choice_of(c("pdp", "ice", "ale")), output = outputs_known(known), seed = or_null(a_seed), threads = or_null(a_few),
    grid = function(near) if (near) draw_one(0, 1, NA, "a", c("a", "b"), list(1), list(zzz = 1), c(NA, 1), c(1, Inf), NULL) else draw_one(2, 5L, c(0, 1), stats::setNames(list(c(1, 0)), columns[1L])),
    rows = or_null(function(near) if (near) a_count(TRUE) else draw_one(3, 1000))
  )
}

shap_kinds <- function(known) {
  list(
    samples = function(near) if (near) draw_one(1, 3, 0, NA, "2", 2.5) else draw_one(2, 4L, 10), new_data = or_null(function(near) data_kind(known)(near)),
    output = outputs_known(known), seed = or_null(a_seed), threads = or_null(a_few)
  )
}

holds_of_importance <- function(value, known, arguments) {
  c(
    if (!inherits(value, "nn_importance")) "is no nn_importance", faults_of_numbers(value$importance),
    if (any(value$lower > value$upper, na.rm = TRUE)) "has lower limits above the upper ones", if (any(value$std_error < 0, na.rm = TRUE)) "has negative errors"
  )
}

holds_of_partial <- function(value, known, arguments) {
  c(if (!inherits(value, "nn_partial")) "is no nn_partial", faults_of_numbers(value$estimate), if (any(value$std_error < 0, na.rm = TRUE)) "has negative errors")
}

holds_of_shap <- function(value, known, arguments) {
  each <- paste(value$row, value$output)
  first <- !duplicated(each)
  left <- (value$prediction - value$baseline)[first] - c(rowsum(value$shap, each, reorder = FALSE))
  size <- max(abs(value$prediction), abs(value$baseline), abs(value$shap))
  c(if (!inherits(value, "nn_shap")) "is no nn_shap", faults_of_numbers(value$shap), if (any(abs(left) > 1e-9 * size)) "does not sum to the prediction")
}

# Of a small fit, whole or in part.
an_explanation <- function() {
  fit <- nn_train(draw_one(mpg ~ wt + gear, cbind(mpg, disp) ~ wt + hp, gear ~ wt + hp), data = transform(mtcars, gear = factor(gear)), hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  data <- transform(mtcars, gear = factor(gear))
  partial <- function() {
    if (chance(0.5)) nn_partial(fit, data, "wt", draw_one("pdp", "ice", "ale"), grid = 3) else nn_partial(fit, data, names(columns_in_inputs(fit)$inputs), grid = 3)
  }
  value <- draw_by_turn(
    nn_importance(fit, data, draw_one("permutation", "gradient", "garson"), seed = 1), partial(), nn_shap(fit, data, data[1:draw_one(1, 4), ], samples = 2, seed = 1)
  )
  if (chance(0.3)) value[seq_len(draw_one(0, 1, nrow(value))), ] else value
}

kinds_of_drawing <- function(value) {
  kinds <- list(
    main = function(near) if (near) draw_one(NA, list()) else draw_one(NULL, "a title"), most = a_count,
    output = function(near) if (near) draw_one("zzz", NA, 1) else draw_one(NULL, value$output[1L])
  )
  kinds[intersect(names(kinds), names(formals(getS3method("plot", class(value)[1L]))))]
}

target_of_explained_pictures <- function() {
  value <- an_explanation()
  gg <- draw_by_turn(TRUE, FALSE, every = 3)
  arguments <- draw_arguments(kinds_of_drawing(value), share = 0.7)
  holds <- function(drawn) {
    if (!gg) { if (!identical(drawn, value)) "does not return its argument" } else if (!inherits(drawn, "ggplot")) "is no ggplot"
  }
  fuzz_draw(paste0(if (gg) "autoplot." else "plot.", class(value)[1L]), if (gg) quote(ggplot2::autoplot) else quote(plot_on_paper), c(list(value), arguments), holds = holds)
}

target_of_explained_prints <- function() {
  value <- an_explanation()
  kinds <- if (inherits(value, "nn_importance")) list() else list(n = a_count)
  fuzz_draw(paste0("print.", class(value)[1L]), quote(print), c(list(value), draw_arguments(kinds)), holds = function(printed) prints_itself(printed))
}
