# Tables that go through a recipe of the recipes package: what training learns of its steps, and new rows by the same steps.

#' Train by a recipe
#'
#' A recipe of the recipes package says what is done with the columns of a table before they train. `nn_train()` prepares it on `data`, trains on what comes
#' out, and keeps the prepared recipe in the fit: [predict()][predict.nn_fit] and everything else that asks for data take them as they were before the recipe.
#'
#' The columns with the role `predictor` are the inputs (factors among them are encoded as [nn_train()] does it, so that `step_dummy()` is not needed), those
#' with the role `outcome` the outcome, and one of hardhat's `importance_weights()` or `frequency_weights()`, to which recipes gives the role `case_weights`, the weights of rows (`case_weights = ` takes its place). `standardize` and `preset = "table"` work as for a data
#' frame; what the recipe has scaled already is not changed by being scaled again.
#'
#' Steps with `skip = TRUE` take part in training and leave new rows as they are, as recipes has it. Where data are compared with predictions
#' ([residuals()][residuals.nn_fit], `validation = `), their outcome goes through those of them that keep rows in place, so that it is on the scale that was
#' trained. A step that takes rows out, or moves them (`step_naomit()`, `step_filter()`, `step_slice()`, `step_sample()`, `step_arrange()` and those of the
#' package themis), must have `skip = TRUE`: each new row gets a prediction.
#'
#' A fit by recipe can be saved as any other. To predict it needs the recipes package, and what packages its steps are from.
#' @inheritParams nn_train
#' @param X A recipe, from `recipes::recipe()`.
#' @param data A data frame with the columns of the recipe.
#' @param offset As in [nn_train()]; a vector.
#' @param ... Not used; a misspelt argument is an error.
#' @return An object of class `nn_fit`.
#' @section Errors:
#' What a recipe cannot do is an error of class `backprop_error_recipe` that has the words of recipes; without that package an error of class `backprop_error_package`.
#' @examplesIf requireNamespace("recipes", quietly = TRUE)
#' recipe <- recipes::recipe(mpg ~ wt + hp + cyl, data = mtcars)
#' recipe <- recipes::step_log(recipe, hp)
#' fit <- nn_train(recipe, data = mtcars, preset = "textbook", epochs = 100, seed = 1)
#' predict(fit, head(mtcars, 3))
#' @name nn_train-recipe
NULL

# Steps that change which rows there are, or their order.
row_steps <- c(
  "step_naomit", "step_filter", "step_slice", "step_sample", "step_arrange", "step_upsample", "step_downsample", "step_smote", "step_smotenc", "step_smoten",
  "step_bsmote", "step_adasyn", "step_rose", "step_nearmiss", "step_tomek"
)

# As given_table() has it, of what a recipe makes of `data`.
given_recipe <- function(recipe, data, settings, earlier) {
  check_recipes_package(training_call)
  check_table(data, "data")
  if (is.null(earlier)) {
    refuse_moving_steps(recipe)
    recipe <- with_recipe_errors(recipes::prep(recipe, training = data, fresh = TRUE), training_call)
    baked <- with_recipe_errors(recipes::bake(recipe, new_data = NULL), training_call)
    recipe <- without_training_rows(recipe)
  } else {
    refuse_other_recipe(recipe, earlier)
    recipe <- earlier$blueprint$recipe
    baked <- with_recipe_errors(recipes::bake(unskipped(recipe), new_data = data), training_call)
  }
  check_alignment(recipe, data, baked, settings)
  parts <- parts_of_baked(baked, recipe, training_call)
  if (is.null(settings$case_weights)) settings["case_weights"] <- list(parts$case_weights)
  given <- given_table(parts$X, parts$Y, settings, earlier, arg = "data")
  given[c("interface", "outcome_arg", "original")] <- list("recipe", "data", list(data = data))
  given$blueprint <- c(list(kind = "recipe", recipe = recipe), given$blueprint[setdiff(names(given$blueprint), c("kind", "recipe"))])
  given
}

check_recipes_package <- function(call) {
  if (!requireNamespace("recipes", quietly = TRUE)) {
    stop_backprop("package", c(
      "The model goes through a recipe, which needs the package {.pkg recipes}: it is not installed.",
      i = "Install it, for example by {.code install.packages(\"recipes\")}."
    ), call = call)
  }
}

with_recipe_errors <- function(code, call) {
  tryCatch(code, error = function(cnd) {
    said <- conditionMessage(cnd)
    stop_backprop("recipe", c("The recipe cannot be applied to the data.", x = "{said}"), call = call)
  })
}

is_row_step <- function(step) inherits(step, row_steps)

refuse_moving_steps <- function(recipe) {
  moving <- Filter(function(step) is_row_step(step) && !isTRUE(step$skip), recipe$steps)
  if (length(moving) > 0L) {
    step <- class(moving[[1L]])[1L]
    stop_backprop("recipe", c(
      "{.fn {step}} of the recipe would change which rows there are when new rows are predicted.",
      i = "Say {.code {step}(skip = TRUE)}: it then works on the training rows alone."
    ))
  }
}

# Training that goes on has the recipe that there is; the one that is given must say the same.
refuse_other_recipe <- function(recipe, earlier) {
  of <- function(recipe) {
    info <- recipe$var_info
    list(variable = as.character(info$variable), role = as.character(info$role), steps = lapply(recipe$steps, function(step) class(step)[1L]))
  }
  if (!identical(of(recipe), of(earlier$blueprint$recipe))) {
    stop_backprop("start", c(
      "{.arg start} was trained by another recipe.",
      i = "Give the recipe that it was trained by; to begin anew leave {.arg start} out."
    ))
  }
}

# What belongs to a row is known by its place, which rows that come and go do not have.
check_alignment <- function(recipe, data, baked, settings) {
  moved <- moves_rows(recipe, nrow(data), nrow(baked))
  given <- c(
    case_weights = !is.null(settings$case_weights), offset = length(settings$offset) > 1L, `keep = "data"` = identical(settings$keep, "data")
  )
  if (moved && any(given)) {
    arg <- names(given)[given][1L]
    stop_incompatible(
      "The recipe changes which rows there are or their order, so that {.code {arg}} does not go with it.",
      "Leave the step out and choose the rows beforehand; weights may be a column of {.fn importance_weights}, which a recipe takes along.", arg = arg
    )
  }
}

# `before` and `after`: how many rows there are before and after the recipe.
moves_rows <- function(recipe, before, after) {
  after != before || any(vapply(recipe$steps, inherits, NA, c("step_arrange", "step_sample", "step_slice")))
}

# Nothing of the rows stays in the fit; of the steps' own selections, which are done, not what was around them.
without_training_rows <- function(recipe) {
  recipe$template <- recipe$template[0L, ]
  recipe$retained <- FALSE
  recipe$steps <- lapply(recipe$steps, function(step) {
    if (rlang::is_quosures(step$terms)) step$terms <- rlang::new_quosures(lapply(step$terms, rlang::quo_set_env, emptyenv()))
    step
  })
  recipe
}

# The recipe with all of its steps, or all but those of rows, taking part.
unskipped <- function(recipe, rows = TRUE) {
  recipe$steps <- lapply(recipe$steps, function(step) {
    if (rows || !is_row_step(step)) step$skip <- FALSE
    step
  })
  recipe
}

# What came out, by role: `X`, `Y` and `case_weights`, NULL where there is none.
parts_of_baked <- function(baked, recipe, call) {
  of <- function(role) unique(recipe$term_info$variable[recipe$term_info$role %in% role])
  for (role in c("predictor", "outcome")) {
    if (length(of(role)) == 0L) {
      stop_backprop("recipe", c(
        "The recipe has no column with the role {.val {role}}.", i = "A formula in {.fn recipe} gives roles, and {.fn update_role} does."
      ), call = call)
    }
  }
  Y <- as_plain_table(unclass(baked)[of("outcome")], nrow(baked))
  weights <- of("case_weights")
  list(
    X = as_plain_table(unclass(baked)[of("predictor")], nrow(baked)), Y = if (ncol(Y) == 1L) Y[[1L]] else Y,
    case_weights = if (length(weights) > 0L) baked[[weights[1L]]]
  )
}

# New rows after the steps that are not skipped, a row for each.
bake_new <- function(table, fit, call, recipe = fit$blueprint$recipe) {
  check_recipes_package(call)
  baked <- with_recipe_errors(recipes::bake(recipe, new_data = table), call)
  if (nrow(baked) != nrow(table)) {
    stop_backprop("recipe", c(
      "The recipe makes {nrow(baked)} row{?s} of {nrow(table)}: there is no telling which belongs to which.",
      i = "Steps that take rows out or add some need {.code skip = TRUE}."
    ), call = call)
  }
  baked <- as_plain_table(as.list(baked), nrow(table))
  attr(baked, "row.names") <- attr(table, "row.names")
  with_new_levels(baked, table)
}

# A level that training did not have is a gap to recipes. Put back, it is told of as in any table.
with_new_levels <- function(baked, table) {
  for (name in intersect(names(baked), names(table))) {
    after <- baked[[name]]
    before <- table[[name]]
    if (!is.factor(after) || !(is.factor(before) || is.character(before))) next
    before <- as.character(before)
    lost <- is.na(after) & !is.na(before)
    same <- !lost & !is.na(after)
    if (any(lost) && identical(as.character(after)[same], before[same])) baked[[name]] <- factor(ifelse(is.na(after), before, as.character(after)))
  }
  baked
}

# The outcome of other rows, as training had it.
outcome_of_recipe <- function(table, fit, call) {
  recipe <- fit$blueprint$recipe
  read_outcome_columns(parts_of_baked(bake_new(table, fit, call, unskipped(recipe, rows = FALSE)), recipe, call)$Y)
}

weights_in_recipe_data <- function(table, fit) {
  info <- fit$blueprint$recipe$var_info
  name <- intersect(info$variable[info$role %in% "case_weights"], names(table))
  if (length(name) > 0L) table[[name[1L]]]
}

# Columns that the outcome is in, before the recipe.
outcomes_of_recipe <- function(recipe) recipe$var_info$variable[recipe$var_info$role %in% "outcome"]

# Of a table the columns that predictions may read.
columns_of_recipe <- function(table, recipe) {
  info <- recipe$var_info
  table[intersect(info$variable[!info$role %in% c("outcome", "case_weights")], names(table))]
}
