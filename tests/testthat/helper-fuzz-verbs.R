# Random calls: the verbs of other packages on fits.

targets_of_verbs <- function() {
  list(
    augment = asks_a_fit("augment.nn_fit", quote(generics::augment), function(value, known, arguments) {
      c(if (!tibble::is_tibble(value)) "is no tibble", if (!any(startsWith(names(value), ".pred"))) "has no predictions")
    }, function(known) {
      rows <- function(near) if (near) draw_one("zzz", data.frame(), 1e6) else known$problem$inputs
      list(
        new_data = or_null(rows), newdata = or_null(rows), type.predict = or_null(a_choice_of(c("numeric", "class", "prob"))),
        type.residuals = a_choice_of(c("response", "pearson", "deviance"))
      )
    }, extra = "offset"),
    tidy = asks_a_fit("tidy.nn_fit", quote(generics::tidy), function(value, known, arguments) {
      c(if (!tibble::is_tibble(value)) "is no tibble", faults_of_numbers(value$estimate), if (nrow(value) > count_weights(known$fit)) "has too many rows")
    }, c(covariance_kinds, list(conf.int = a_flag, conf.level = a_level)), settled = TRUE),
    glance = asks_a_fit("glance.nn_fit", quote(generics::glance), function(value, known, arguments) {
      if (!tibble::is_tibble(value) || !identical(dim(value), c(1L, 14L))) "is no row of 14 columns"
    }, settled = TRUE),
    recipe = target_of_recipe,
    nn_caret = function() fuzz_draw("nn_caret", quote(nn_caret), list(), holds = function(value) if (!is.list(value) || !is.function(value$fit)) "is no model of caret's")
  )
}

# Its arguments are those of nn_train.data.frame().
recipe_methods <- "nn_train.recipe"

target_of_recipe <- function() {
  # Loaded beforehand: what packages say of themselves is not the package's.
  suppressWarnings(loadNamespace("recipes"))
  problem <- draw_problem(clean = TRUE, interface = "data.frame")
  how <- draw_how()
  Y <- as.data.frame(problem$first$Y)
  names(Y) <- paste0("outcome", seq_along(Y))
  data <- cbind(problem$inputs, Y)
  recipe <- recipes::recipe(data, vars = names(data), roles = rep(c("predictor", "outcome"), c(ncol(data) - ncol(Y), ncol(Y))))
  first <- list(recipe, data = if (how == "near") draw_one(data[0L, ], data[1L], "data", as.list(data), data) else data)
  settings <- bounded(draw_settings(problem, how))
  draw <- fuzz_draw(c("nn_train", "nn_train.recipe"), quote(nn_train), c(first, settings[!names(settings) %in% c("start", "validation")]))
  draw$may_draw <- TRUE
  draw$holds <- function(value) if (!inherits(value, "nn_fit") || value$interface != "recipe") "is no fit by recipe"
  draw
}
