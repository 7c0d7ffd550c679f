# Random calls: training, and what a fit answers to.

# Arguments of a training: those of the problem, and some of the settings.
draw_settings <- function(problem, how, share = 0.12) {
  settings <- bounded(draw_arguments(training_kinds(problem), how, c("hidden", "epochs"), share))
  settings <- if (chance(0.9)) without_clashes(settings) else settings
  # Most trainings are the textbook's; some are the table's, whose networks are many, and alone have an effort.
  if (is.null(settings$preset) && problem$interface %in% c("data.frame", "formula") && is.null(settings$effort) && !chance(0.03)) settings$preset <- "textbook"
  if (identical(settings$preset, "textbook") || (problem$interface %in% c("matrix", "sparse") && chance(0.8))) settings$effort <- NULL else if (is.null(settings$preset) && chance(0.7)) settings$effort <- "quick"
  if (!is.null(settings$stop_metric) && is.null(settings$validation)) settings$validation <- 0.3
  columns <- problem$first$data
  if (how == "right" && "w" %in% names(columns) && chance(0.3)) settings$case_weights <- typed(quote(w))
  if (how == "right" && "o" %in% names(columns) && chance(0.3)) settings$offset <- typed(quote(o / 2))
  if (how == "right" && problem$interface == "formula" && chance(0.1)) settings$subset <- draw_one(typed(quote(seq_along(y) > 1)), rep(TRUE, problem$n), 1L)
  if (!problem$known && chance(0.7)) settings$na_action <- draw_one("omit", "impute")
  settings
}

# Large numbers of these are to be refused by their size where memory is bounded; elsewhere they are right, and would take their time.
bounded <- function(settings) {
  if (!is.null(getOption("backprop.max_bytes"))) {
    return(settings)
  }
  for (name in intersect(names(settings), c("epochs", "restarts", "steps", "ensemble", "repeats", "samples", "nsim", "paths"))) {
    x <- settings[[name]]
    if (is.numeric(x) && !is.object(x) && length(x) == 1L && !is.na(x) && x > 100) settings[[name]] <- -x
  }
  settings
}

first_arguments <- function(problem) {
  first <- problem$first
  if (problem$interface == "formula" && chance(0.5)) names(first)[1L] <- ""
  if (chance(0.3)) unname_first(first) else first
}

unname_first <- function(first) {
  names(first)[1L] <- ""
  first
}

# A fit and what it was trained on. Where the settings drawn are refused, plain ones on clean data.
trained <- function(env, problem = draw_problem(chance(0.5)), settings = draw_settings(problem, "right")) {
  settings$callback <- settings$checkpoint <- NULL
  settings$ensemble <- settings$effort <- NULL
  settings$preset <- "textbook"
  if (is.null(settings$seed)) settings$seed <- 1
  seen <- observe_training(problem, settings, env)
  if (is.null(seen$value)) {
    problem <- draw_problem(clean = TRUE, interface = problem$interface)
    problem$first$formula <- if (problem$interface == "formula") y ~ .
    settings <- list(hidden = 2, epochs = 3, seed = 1, preset = "textbook")
    seen <- observe_training(problem, settings, env)
  }
  if (is.null(seen$value)) stop_finding("nn_train", paste("a plain training failed:", conditionMessage(seen$condition)), quote(nn_train()))
  fit <- if (chance(0.2)) unserialize(serialize(seen$value, NULL)) else seen$value
  list(fit = fit, problem = problem, settings = settings)
}

observe_training <- function(problem, settings, env) {
  call <- as_fuzz_call(quote(nn_train), c(problem$first, settings), env)
  seen <- observe(call, env)
  draw <- list(holds = function(value) NULL, formula = problem$first$formula, may_draw = TRUE)
  faults <- judge(seen, draw)
  if (length(faults) > 0L) stop_finding("nn_train", faults, call)
  seen
}

target_of_training <- function() {
  # Seven, which is no factor of the number of arguments: each of these has its turn under each method.
  problem <- draw_problem(interface = draw_by_turn("matrix", "matrix", "sparse", "data.frame", "data.frame", "formula", "formula"))
  how <- draw_how()
  settings <- draw_settings(problem, how)
  if (how == "right" && chance(0.25)) settings["hidden"] <- list(some_layers())
  first <- first_arguments(problem)
  if (how == "hostile" && chance(0.3)) first[[sample.int(length(first), 1L)]] <- hostile_value()
  if (how == "near" && chance(0.2)) first <- first[-sample.int(length(first), 1L)]
  if (how == "near" && chance(0.2)) settings <- c(settings, draw_one(list(epoch = 3), list(size = 3), list(3), list(zzz = NULL), list(na.action = stats::na.omit)))
  env <- fuzz_env()
  earlier <- NULL
  if (how == "right" && chance(0.15)) {
    known <- trained(env, problem)
    problem <- known$problem
    earlier <- known$fit
    first <- problem$first
    settings <- c(list(start = earlier), bounded(draw_arguments(training_kinds(problem)[c("epochs", "lr", "optimizer", "penalty", "seed", "threads", "hidden", "na_action")], "right", "epochs", 0.1)))
  }
  methods <- c(matrix = "nn_train.matrix", sparse = "nn_train.default", data.frame = "nn_train.data.frame", formula = "nn_train.formula")
  draw <- fuzz_draw(c("nn_train", methods[[problem$interface]], if (problem$interface == "sparse") sparse_methods, if (problem$outcome == "times") survival_methods), quote(nn_train), c(first, settings), env)
  draw$formula <- problem$first$formula
  draw$may_draw <- TRUE
  before <- stream()
  draw$holds <- function(value) {
    c(
      faults_of_fit(value, problem, earlier),
      if (chance(0.15)) faults_of_repeating(value, draw, settings, before),
      if (chance(0.1)) faults_of_storing(value, problem),
      if (is.character(settings$checkpoint$path) && value$epochs_done >= 3L) faults_of_checkpoint(settings$checkpoint$path)
    )
  }
  draw
}

# What serves a sparse matrix inside nn_train() and predictions.
sparse_methods <- c("dim.nn_sparse", "dimnames.nn_sparse", "[.nn_sparse")
# And what times of an event.
survival_methods <- "[.nn_survival"

faults_of_repeating <- function(fit, draw, settings, before) {
  again <- draw$call
  # The same call, with another number of threads.
  again$threads <- if (isTRUE(settings$threads == 2)) 1L else 2L
  other <- with_stream(before, suppressMessages(suppressWarnings(eval(again, draw$env))))
  if (inherits(fit, "nn_ensemble")) {
    same <- identical(lapply(fit$members, `[[`, "weights"), lapply(other$members, `[[`, "weights")) && identical(fit$shares, other$shares)
    return(if (!same) "the same call with other threads has other networks")
  }
  parts <- c("weights", "biases", "ancillary", "history", "status", "best", "last", "snapshots", "optimizer_state", "restarts")
  different <- parts[!vapply(parts, function(part) identical(fit[[part]], other[[part]]), NA)]
  if (length(different) > 0L) paste("the same call with other threads has other", paste(different, collapse = ", "))
}

faults_of_storing <- function(fit, problem) {
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(fit, file)
  rows <- seq_len(problem$n)
  if (!identical(predict_rows_of(readRDS(file), problem, rows), predict_rows_of(fit, problem, rows))) "predicts something else after saveRDS()"
}

faults_of_checkpoint <- function(path) {
  if (!file.exists(path)) {
    return("left no checkpoint")
  }
  on.exit(unlink(path))
  stored <- readRDS(path)
  if (!inherits(stored, "nn_fit") || !all(is.finite(unlist(stored$weights)))) "left a checkpoint that is no fit"
}

# ---- predictions ------------------------------------------------------------------------------------

prediction_kinds <- function(known) {
  fit <- known$fit
  list(
    offset = function(near) {
      if (near) draw_one("1", NA, rep(0, 99), matrix(0, 1, 9)) else if (isTRUE(fit$settings$offset)) 0.25
    },
    epoch = function(near) if (near) draw_one(-1, 1e6, 1.5, NA, "1") else if (!is.null(fit$settings$keep_weights)) fit$settings$keep_weights else NULL,
    threads = or_null(function(near) if (near) a_count(TRUE) else draw_one(1, 2, 3)),
    cost = a_cost(fit)
  )
}

# What decisions cost: of classes only.
a_cost <- function(fit) {
  k <- fit$outcome$k
  or_null(function(near) {
    if (near || fit$outcome$kind != "factor") draw_one(diag(9), NA, "a", matrix(NA_real_, k, k), matrix("1", k, k), 1) else matrix(stats::runif(k * k), k)
  })
}

target_of_matrix_prediction <- function() {
  env <- fuzz_env()
  known <- trained(env)
  rows <- draw_rows(known$problem)
  how <- draw_how()
  kinds <- c(list(type = a_choice_of(c("response", "response", "class"))), prediction_kinds(known))
  settings <- draw_arguments(kinds, how, "offset")
  draw <- fuzz_draw("nn_predict", quote(nn_predict), c(list(fit = known$fit, X = rows$X), settings), env)
  draw$formula <- known$problem$first$formula
  draw$refused <- must_refuse(rows, known)
  draw$holds <- function(value) faults_of_new_rows(value, rows, known, settings)
  draw
}

# Columns that are lacking are missed by all but a formula that does not read them.
must_refuse <- function(rows, known) {
  isTRUE(rows$refused) || (!is.null(rows$lacking) && known$problem$interface != "formula")
}

faults_of_new_rows <- function(value, rows, known, settings) {
  fit <- known$fit
  n <- if (is.null(dim(rows$X))) NULL else nrow(rows$X)
  if (identical(settings$type, "class")) {
    if (fit$outcome$kind == "logical") {
      return(c(if (!is.logical(value)) "is not logical", if (!is.null(n) && length(value) != n) "has another length"))
    }
    return(c(
      if (!is.factor(value) || !identical(levels(value), fit$outcome$levels)) "is no factor of the outcome's levels", if (!is.null(n) && length(value) != n) "has another length"
    ))
  }
  if (is.null(n)) n <- nrow(value)
  faults <- faults_of_prediction(value, fit, n, if (!is.null(rows$from)) unknown_rows(fit, known$problem$inputs)[rows$from])
  if (is.null(rows$from) || "epoch" %in% names(settings) || isTRUE(fit$settings$offset)) {
    return(faults)
  }
  all <- predict_rows_of(fit, known$problem, seq_len(known$problem$n))
  c(faults, fault_of_difference(value, all[rows$from, , drop = FALSE], fit, "other rows of the same values have other predictions"))
}

target_of_tibble_prediction <- function() {
  env <- fuzz_env()
  known <- trained(env)
  fit <- known$fit
  rows <- draw_rows(known$problem)
  factors <- fit$outcome$kind == "factor"
  types <- if (factors) c("class", "prob", "conf_int") else c("numeric", if (!is.null(levels_of(fit))) c("class", "prob"), "conf_int", "pred_int", "quantile")
  if (fit$settings$loss == "location_scale") types <- c("numeric", "sd", "pred_int", "quantile")
  if (fit$outcome$kind == "survival") types <- c(if (fit$settings$loss == "cox") "linear_pred", "survival", "hazard")
  how <- draw_how()
  kinds <- c(
    list(type = or_null(a_choice_of(types))), prediction_kinds(known),
    list(
      level = a_level, quantile_levels = or_null(function(near) if (near) draw_one(0, 2, NA, "0.5", numeric()) else draw_one(0.5, c(0.9, 0.1), c(0.1, 0.5, 0.9))),
      data = data_kind(known), calibration = data_kind(known), method = or_null(a_choice_of(c("delta", "conformal"))),
      time = or_null(function(near) if (near) draw_one(-1, NA, "1", numeric(), Inf) else draw_one(0, 1, c(0.5, 2), c(1, 1), 1e6))
    )
  )
  settings <- draw_arguments(kinds, how, "offset")
  first <- list(object = fit, new_data = rows$X)
  if (chance(0.2)) names(first)[2L] <- draw_one("newdata", "", "new_dat")
  draw <- fuzz_draw("predict.nn_fit", quote(predict), c(first, settings), env)
  draw$formula <- known$problem$first$formula
  draw$refused <- must_refuse(rows, known)
  type <- if (is.null(settings$type)) types[1L] else settings$type
  draw$holds <- function(value) {
    c(
      faults_of_tibble(value, if (is.null(dim(rows$X))) nrow(value) else nrow(rows$X)),
      if (type == "prob") faults_of_shares(value, fit),
      if (type %in% c("numeric", "prob", "sd", "linear_pred")) unlist(lapply(value, function(x) if (any(is.nan(x) | is.infinite(x))) "predicts numbers that are not finite")),
      if (type == "sd" && any(unlist(value) < 0, na.rm = TRUE)) "has negative standard deviations",
      if (type == "survival") faults_of_survival(value$.pred),
      if (type %in% c("conf_int", "pred_int") && any(value[[1L]] > value[[2L]], na.rm = TRUE)) "has lower limits above the upper ones"
    )
  }
  draw
}

# Survival is between 0 and 1 and falls with time.
faults_of_survival <- function(rows) {
  unique(unlist(lapply(rows, function(row) {
    p <- row$.pred_survival[order(row$.eval_time)]
    p <- p[!is.na(p)]
    c(if (any(p < 0 | p > 1)) "has survival outside 0 to 1", if (any(diff(p) > 1e-12)) "has survival that rises")
  })))
}

# ---- what takes data --------------------------------------------------------------------------------

# Data in the form of training, or in another.
data_kind <- function(known) {
  problem <- known$problem
  own <- function() if (problem$interface == "formula") problem$first$data else problem$first[c("X", "Y")]
  function(near) {
    if (!near) {
      return(if (!is.null(known$fit$data) && chance(0.5)) NULL else own())
    }
    other <- own()
    if (problem$interface == "formula") {
      return(draw_one(other["y"], other[0L, ], list(data = other), as.list(other), as.matrix(other), other[c(1L, 1L), ], other[rev(names(other))], "data"))
    }
    other$Y <- draw_one(NULL, unlist(other$Y)[-1L], rep("z", problem$n), NA)
    draw_one(other, other["X"], problem$inputs, unname(own()), list(X = own()$Y, Y = own()$Y), c(own(), case_weights = 1), list())
  }
}

# What training had and does not keep.
extra_kinds <- function(known) {
  n <- known$problem$n
  settings <- known$settings
  as_given <- function(name) if (inherits(settings[[name]], "fuzz_typed")) NULL else settings[[name]]
  list(
    case_weights = function(near) if (near) draw_one(rep(1, n + 1), -1, "w", rep(0, n)) else as_given("case_weights"),
    offset = function(near) if (near) draw_one("0", rep(0, n + 1), NA) else as_given("offset")
  )
}

# A target of a method (or function) that asks a fit about data; `kinds` of its further arguments, `holds` of its value and what is known.
asks_a_fit <- function(target, head, holds, kinds = list(), data = "data", extra = c("case_weights", "offset"), needed = c(data, extra), interface = NULL, settled = FALSE) {
  function() {
    env <- fuzz_env()
    # Most of the time a fit that has what is asked for.
    problem <- draw_problem(chance(0.5), if (chance(0.9)) interface)
    settings <- if (settled && chance(0.7)) settings_to_a_minimum(problem) else draw_settings(problem, "right")
    # What shows networks in pictures has chains of dense layers.
    if (!settled && !grepl("plot", target[1L]) && chance(0.2)) settings["hidden"] <- list(some_layers())
    known <- trained(env, problem, settings)
    all <- c(stats::setNames(list(data_kind(known)), data), extra_kinds(known)[extra], if (is.function(kinds)) kinds(known) else kinds)
    arguments <- bounded(draw_arguments(all[!is.na(names(all))], draw_how(), needed))
    draw <- fuzz_draw(target, head, c(list(known$fit), arguments), env)
    draw$formula <- known$problem$first$formula
    draw$holds <- function(value) holds(value, known, arguments)
    draw
  }
}

# A likelihood, and a training that ends at its minimum.
settings_to_a_minimum <- function(problem) {
  others <- c("positive", "times", "trials", "unit", "ordered")
  if (problem$outcome %in% others && chance(0.8) || chance(0.1)) {
    family <- draw_from(families_for(problem$outcome))
    return(list(hidden = draw_one(NULL, NULL, 1), family = family, optimizer = "lbfgs", epochs = 200, penalty = draw_one(0, 0.1), na_action = "omit", keep = draw_one("minimal", "data")))
  }
  loss <- switch(problem$outcome,
    zero_one = , logical = , flags = , unit = , factor2 = , text = "binary_cross_entropy", factor3 = , unused = , ordered = , shares = "cross_entropy",
    counts = "poisson", "mse"
  )
  list(hidden = draw_one(NULL, NULL, 1), loss = loss, optimizer = "lbfgs", epochs = 200, penalty = draw_one(0, 0.1), na_action = "omit", keep = draw_one("minimal", "data"))
}

# nn_gradient() and its like take inputs and outcome as two arguments, of a formula's fit the table alone.
asks_by_inputs <- function(target, head, holds, kinds = list(), extra = c("case_weights", "offset")) {
  function() {
    env <- fuzz_env()
    known <- trained(env)
    given <- data_kind(known)(FALSE)
    first <- if (is.null(given)) list() else if (is.data.frame(given)) list(X = given) else given
    arguments <- draw_arguments(c(extra_kinds(known)[extra], kinds, list(X = anything, Y = anything)[names(first)]), draw_from(c("right", "near", "hostile")), extra, 0.35)
    arguments <- c(first[setdiff(names(first), names(arguments))], arguments[!names(arguments) %in% names(first) | chance(0.2)])
    draw <- fuzz_draw(target, head, c(list(known$fit), arguments), env)
    draw$formula <- known$problem$first$formula
    draw$holds <- function(value) holds(value, known, arguments)
    draw
  }
}
