# Random calls: what can be called, each exported function and each method, with what must hold of its value.

# `weight` says how often a target is drawn; those of training and prediction have most ways to go wrong.
a_target <- function(draw, weight = 1) list(draw = draw, weight = weight)

fuzz_targets <- function() {
  c(
    list(
      # So often that two rounds are 7 x 45 calls; see there.
      training = a_target(target_of_training, 42), nn_predict = a_target(target_of_matrix_prediction, 12), predict = a_target(target_of_tibble_prediction, 12)
    ),
    lapply(targets_of_fits(), a_target, 1.8), lapply(targets_of_makers(), a_target, 0.8), lapply(targets_of_objects(), a_target),
    list(nn_trace = a_target(target_of_tracing, 11)), lapply(targets_of_traces(), a_target, 2), lapply(targets_of_pages(), a_target, 1), lapply(targets_of_pictures(), a_target, 1),
    lapply(targets_of_edits(), a_target, 3), lapply(targets_of_verbs(), a_target, 2), lapply(targets_of_tuning(), a_target, 1.5),
    lapply(targets_of_forecasts(), a_target, 1.5), lapply(targets_of_explanations(), a_target, 4), lapply(targets_of_files(), a_target, 1),
    list(nn_path = a_target(target_of_paths, 5)), lapply(targets_of_paths(), a_target, 2.5), lapply(targets_of_exercises(), a_target, 1.5),
    lapply(targets_of_readers(), a_target, 2), list(nn_train_reader = a_target(target_of_reader_training, 14)), list(parsnip = a_target(target_of_parsnip)), lapply(targets_of_toys(), a_target, 3)
  )
}

targets_of_fits <- function() {
  no_data <- function(target, head, holds, kinds = list(), ...) asks_a_fit(target, head, holds, kinds, character(), character(), ...)
  number <- function(value, known, arguments) faults_of_numbers(value, 1L, finite = FALSE)
  list(
    fitted = asks_a_fit("fitted.nn_fit", quote(fitted), holds_of_fitted, extra = "offset"),
    residuals = asks_a_fit("residuals.nn_fit", quote(residuals), holds_of_residuals, list(type = a_choice_of(c("response", "pearson", "deviance")))),
    summary = asks_a_fit("summary.nn_fit", quote(summary), function(value, known, arguments) {
      c(if (!inherits(value, "summary.nn_fit")) "is no summary", faults_of_text(value))
    }, extra = "offset"),
    print_summary = no_data("print.summary.nn_fit", quote(print_of_summary), prints_itself),
    print = no_data("print.nn_fit", quote(print), prints_itself),
    logLik = asks_a_fit("logLik.nn_fit", quote(logLik), function(value, known, arguments) {
      c(faults_of_numbers(c(value), 1L, finite = FALSE), faults_of_numbers(c(attr(value, "df"), attr(value, "nobs")), 2L))
    }, settled = TRUE),
    AIC = asks_a_fit("AIC.nn_fit", quote(AIC), number, list(k = a_number), settled = TRUE),
    BIC = asks_a_fit("BIC.nn_fit", quote(BIC), number, settled = TRUE),
    deviance = asks_a_fit("deviance.nn_fit", quote(deviance), number, settled = TRUE),
    df.residual = asks_a_fit("df.residual.nn_fit", quote(df.residual), number, settled = TRUE),
    vcov = asks_a_fit("vcov.nn_fit", quote(vcov), function(value, known, arguments) {
      # Parameters that others make up are left out.
      c(faults_of_square(value), if (nrow(value) > count_weights(known$fit)) "has too many parameters")
    }, covariance_kinds, settled = TRUE),
    confint = asks_a_fit("confint.nn_fit", quote(confint), function(value, known, arguments) {
      c(faults_of_numbers(value), if (!is.matrix(value) || ncol(value) != 2L) "has other columns", if (any(value[, 1L] > value[, 2L])) "has lower limits above the upper ones")
    }, function(known) c(covariance_kinds, list(level = a_level, parm = function(near) if (near) draw_one(0, 1.5, "x", NA, 1e6) else draw_one(1, 1:2))), settled = TRUE),
    simulate = target_of_simulation(),
    family = no_data("family.nn_fit", quote(family), holds_of_family),
    nobs = no_data("nobs.nn_fit", quote(nobs), function(value, known, arguments) faults_of_numbers(value, 1L)),
    weights = no_data("weights.nn_fit", quote(weights), function(value, known, arguments) {
      # Of a subset, its rows.
      if (!is.null(value)) c(faults_of_numbers(value), if (length(value) > known$problem$n) "has too many values")
    }),
    coef = no_data("coef.nn_fit", quote(coef), function(value, known, arguments) {
      own <- length(known$fit$ancillary) > 0L
      # Of steps between thresholds there is one less than thresholds.
      steps <- own && known$fit$settings$loss == "ordinal"
      c(
        if (!identical(names(value), c("weights", "biases", if (own) "family"))) "has other parts",
        faults_of_numbers(unlist(value, use.names = FALSE), count_weights(known$fit) + steps)
      )
    }, function(known) list(scale = a_choice_of(c("scaled", "original")), epoch = prediction_kinds(known)$epoch)),
    formula = no_data("formula.nn_fit", quote(formula), function(value, known, arguments) if (!inherits(value, "formula")) "is no formula", interface = "formula"),
    terms = no_data("terms.nn_fit", quote(terms), function(value, known, arguments) if (!inherits(value, "terms")) "is no terms", interface = "formula"),
    model.frame = asks_a_fit("model.frame.nn_fit", quote(model.frame), function(value, known, arguments) if (!is.data.frame(value)) "is no data frame", extra = character(), interface = "formula"),
    model.matrix = asks_a_fit("model.matrix.nn_fit", quote(model.matrix), function(value, known, arguments) {
      if (!is.matrix(value) || ncol(value) != known$fit$inputs$n) "is no matrix of the inputs"
    }, extra = character()),
    extractAIC = no_data("extractAIC.nn_fit", quote(extractAIC), function(value, known, arguments) "gave a value", list(scale = a_number, k = a_number)),
    update = no_data("update.nn_fit", quote(update), function(value, known, arguments) {
      if (isFALSE(arguments$evaluate)) { if (!is.call(value)) "is no call" } else if (!inherits(value, "nn_fit")) "is no fit"
    }, list(
      formula. = function(near) if (near) draw_one("y ~ a", y ~ zzz, ~ . + zzz, 1) else draw_one(. ~ ., y ~ a), evaluate = a_flag,
      epochs = function(near) if (near) -1 else 2, hidden = function(near) if (near) "a" else 1
    ), interface = "formula"),
    nn_gradient = asks_by_inputs("nn_gradient", quote(nn_gradient), function(value, known, arguments) {
      c(faults_of_numbers(value, count_weights(known$fit)), if (is.null(names(value))) "has no names")
    }),
    nn_hessian = asks_by_inputs("nn_hessian", quote(nn_hessian), function(value, known, arguments) faults_of_square(value, count_weights(known$fit))),
    nn_check_gradient = asks_by_inputs(
      c("nn_check_gradient", "nn_check_gradient.nn_fit", "print.nn_gradient_check"), quote(nn_check_gradient), holds_of_check, list(tolerance = a_positive)
    ),
    nn_diagnose = asks_a_fit(c("nn_diagnose", "print.nn_diagnosis"), quote(nn_diagnose), function(value, known, arguments) {
      # Inputs and outcome may both be unscaled.
      checks <- c(unique(value$findings$check), value$passed, value$skipped)
      c(if (anyDuplicated(checks)) "has a check twice", if (length(value$why) != length(value$skipped)) "does not say why it made no check", faults_of_text(value))
    }),
    nn_metrics = asks_a_fit("nn_metrics", quote(nn_metrics), function(value, known, arguments) {
      c(if (!inherits(value, "tbl_df")) "is no tibble", if (anyDuplicated(value[setdiff(names(value), c(".estimate", "n"))])) "has a measure twice", faults_of_text(value))
    }, list(bins = a_count)),
    nn_calibrate = asks_a_fit("nn_calibrate", quote(nn_calibrate), function(value, known, arguments) {
      c(
        if (!inherits(value, "nn_fit")) "is no fit", faults_of_text(value),
        if (anyNA(value$calibration, recursive = TRUE)) "has a calibration of no numbers"
      )
    }, list(method = a_choice_of(c("temperature", "platt", "isotonic", "none")))),
    nn_threshold = asks_a_fit(c("nn_threshold", "print.nn_threshold"), quote(nn_threshold), function(value, known, arguments) {
      c(faults_of_numbers(value$threshold, 1L), if (value$mean_cost > value$mean_cost_by_cost + 1e-9) "costs more than the threshold by costs", faults_of_text(value))
    }, function(known) list(cost = a_cost(known$fit))),
    nn_reliability = asks_a_fit(reliability_names, quote(pictured_reliability), function(value, known, arguments) {
      inside <- value$lower <= value$observed + 1e-9 & value$observed <= value$upper + 1e-9
      c(if (!all(inside)) "has shares outside of their intervals", faults_of_text(value))
    }, list(bins = a_count, level = a_level, main = function(near) if (near) draw_one(NA, character()) else draw_one(NULL, "a title"))),
    nn_export = asks_a_fit("nn_export", quote(nn_export), function(value, known, arguments) {
      on.exit(unlink(value))
      if (!file.exists(value) || file.size(value) == 0) "wrote nothing"
    }, kinds_of_exports, data = character(), extra = character(), needed = "path"),
    nn_last = target_of_last,
    nn_member = target_of_member, summary_of_ensemble = target_of_ensemble_summary
  )
}

reliability_names <- c("nn_reliability", "print.nn_reliability", "plot.nn_reliability", "autoplot.nn_reliability")

# With its pictures.
pictured_reliability <- function(..., main = NULL) {
  value <- nn_reliability(...)
  plot_on_paper(value, main = main)
  ggplot2::autoplot(value, main = main)
  value
}
kinds_of_exports <- list(
  path = function(near) {
    ending <- draw_one(".c", ".R", ".js", ".mjs", ".sql", ".SQL")
    if (near) draw_one("", NA, tempdir(), file.path(tempdir(), "no", paste0("a", ending)), "a.py", c("a.c", "b.c")) else tempfile(fileext = ending)
  },
  language = or_null(a_choice_of(c("c", "r", "js", "sql"))),
  name = function(near) if (near) draw_one("", "a b", "1a", "if", "x", NA, "\u00e9", c("a", "b")) else draw_one("score", "predict_it", "Row2"),
  table = function(near) if (near) draw_one("", NA, 1, c("a", "b", "c")) else draw_one("rows", c("schema", "it's \"it\"")),
  key = or_null(function(near) if (near) draw_one("", NA, 1, character()) else draw_one("id", c("id", "a\"b"))),
  dialect = a_choice_of(c("sqlite", "duckdb", "postgresql", "standard"))
)

holds_of_family <- function(value, known = NULL, arguments = NULL) c(if (!inherits(value, "nn_family") || !inherits(value, "family")) "is no family", faults_of_text(value))

target_of_simulation <- function() {
  holds <- function(value, known, arguments) {
    rows <- if (is.null(dim(known$problem$inputs))) known$problem$n else nrow(known$problem$inputs)
    c(
      if (!is.data.frame(value)) "is no data frame", if (!all(startsWith(names(value), "sim_"))) "has columns of other names",
      if (is.null(attr(value, "seed"))) "does not say the seed", if (nrow(value) == 0L && !is_empty_data(arguments$data)) "has no rows"
    )
  }
  asked <- asks_a_fit("simulate.nn_fit", quote(simulate), holds, list(
    nsim = function(near) if (near) draw_one(0, -1, 1.5, NA, "2") else draw_one(1, 2), seed = or_null(a_seed)
  ), extra = "offset", settled = TRUE)
  function() {
    draw <- asked()
    draw$draws <- TRUE
    draw
  }
}

is_empty_data <- function(data) {
  rows <- if (is.data.frame(data)) data else if (is.list(data)) data$X
  identical(NROW(rows), 0L)
}

an_ensemble <- function(env) {
  problem <- draw_problem(clean = TRUE, interface = draw_one("matrix", "data.frame", "formula"))
  # Hazards are not averaged.
  if (problem$outcome == "times") return(an_ensemble(env))
  if (problem$interface == "formula") problem$first$formula <- y ~ .
  settings <- c(list(hidden = 2, epochs = 3, seed = 1, preset = "textbook", ensemble = 2, validation = 0.3), draw_some(list(blend = "linear", embed = "piecewise", bootstrap = TRUE), 0.5))
  call <- as_fuzz_call(quote(nn_train), c(problem$first, settings), env)
  suppressMessages(suppressWarnings(eval(call, env)))
}

target_of_member <- function() {
  env <- fuzz_env()
  fit <- an_ensemble(env)
  number <- function(near) if (near) draw_one(0, -1, 1.5, NA, "1", 99, c(1, 2)) else draw_one(1, 2L)
  draw <- fuzz_draw("nn_member", quote(nn_member), c(list(fit), draw_arguments(list(number = number), needed = "number")), env)
  draw$holds <- function(value) if (!identical(class(value), "nn_fit") || !all(is.finite(unlist(value$weights)))) "is no network"
  draw
}

target_of_ensemble_summary <- function() {
  env <- fuzz_env()
  fuzz_draw("print.summary.nn_ensemble", quote(print_of_summary), list(an_ensemble(env)), env, holds = function(value) prints_itself(value))
}

covariance_kinds <- list(scale = a_choice_of(c("scaled", "original")), sandwich = a_flag)

print_of_summary <- function(fit, ...) print(summary(fit), ...)

prints_itself <- function(value, known, arguments) if (!is.object(value)) "does not return what it prints"

faults_of_text <- function(value) {
  shown <- tryCatch(utils::capture.output(print(value)), error = identity, warning = identity)
  if (inherits(shown, "condition")) paste("cannot be printed:", first_line(conditionMessage(shown)))
}

holds_of_fitted <- function(value, known, arguments) {
  factor <- known$fit$outcome$kind == "factor"
  if (factor) { if (!is.factor(value) && !is.numeric(value)) "is neither classes nor numbers" } else faults_of_numbers(value, finite = FALSE)
}

holds_of_residuals <- function(value, known, arguments) faults_of_numbers(value, finite = FALSE)

# A derivative that does not exist, or losses too large for differences, may fail the check; it says so.
holds_of_check <- function(value, known, arguments) {
  c(if (!is.logical(value$pass) || length(value$pass) != 1L || is.na(value$pass)) "is neither passed nor failed", faults_of_text(value))
}

# An error of a callback keeps the model so far; without one there may be none.
target_of_last <- function() {
  env <- fuzz_env()
  if (chance(0.7)) {
    problem <- draw_problem(clean = TRUE)
    suppressWarnings(try(eval(as_fuzz_call(quote(nn_train), c(problem$first, list(hidden = 2, epochs = 5, seed = 1, callback = function(x) if (x$epoch == 2) stop(own_error))), env), env), silent = TRUE))
    if (problem$interface == "formula") problem$inputs <- problem$first$data
  }
  fuzz_draw("nn_last", quote(nn_last), list(), env, holds = function(value) if (!inherits(value, "nn_fit") || !all(is.finite(unlist(value$weights)))) "is no fit")
}

# ---- makers of objects ------------------------------------------------------------------------------

targets_of_makers <- function() {
  of <- function(kinds, class, fun) {
    function() {
      fuzz_draw(c(fun, paste0("print.", class)), as.name(fun), draw_arguments(kinds, share = 0.7), holds = function(value) {
        c(if (!inherits(value, class)) paste("is no", class), faults_of_text(value))
      })
    }
  }
  makers <- c(fuzz_optimizers, fuzz_schedules)
  kinds <- c(stats::setNames(lapply(makers, `[[`, "kinds"), vapply(makers, `[[`, "", "fun")), fuzz_losses, fuzz_embeddings, fuzz_layers)
  classes <- c(opt = "nn_optimizer", loss = "nn_loss", schedule = "nn_schedule", embed = "nn_embedding", layer = "nn_layer")[sub("_.*", "", names(kinds))]
  c(Map(of, kinds, classes, names(kinds)), targets_of_own_functions(), targets_of_clusters(of))
}

# Clusters that nobody asks anything.
targets_of_clusters <- function(of) {
  kinds <- list(
    exact = a_flag, sync_every = or_null(a_count), timeout = function(near) if (near) draw_one(0, NA, Inf, "60", c(1, 2)) else draw_one(1, 60, 7.5)
  )
  a_cluster <- structure(list(structure(list(host = "localhost"), class = "node")), class = c("cluster", "list"))
  list(
    nn_mpi = of(kinds, "nn_cluster", "nn_mpi"),
    nn_cluster = function() {
      cl <- list(cl = function(near) if (near) draw_one(2, NULL, list(), a_cluster[0]) else a_cluster)
      fuzz_draw(c("nn_cluster", "print.nn_cluster"), quote(nn_cluster), draw_arguments(c(cl, kinds), needed = "cl"), holds = function(value) {
        c(if (!inherits(value, "nn_cluster")) "is no nn_cluster", faults_of_text(value))
      })
    }
  )
}

targets_of_own_functions <- function() {
  a_function <- function(near) if (near) draw_one("tanh", NULL, NA) else draw_one(tanh, function(...) 1)
  of <- function(fun, class, kinds) {
    function() {
      arguments <- draw_arguments(kinds, needed = names(kinds)[1:2])
      fuzz_draw(c(fun, paste0("print.", class)), as.name(fun), arguments, holds = function(value) {
        c(if (!inherits(value, class)) paste("is no", class), faults_of_text(value))
      })
    }
  }
  list(
    activation_custom = of("activation_custom", "nn_activation_custom", list(value = a_function, derivative = a_function)),
    loss_custom = of("loss_custom", "nn_loss", list(value = a_function, gradient = a_function, output = a_choice_of(c("sigmoid", "softmax", "linear", "exp"))))
  )
}

targets_of_objects <- function() {
  list(
    nn_family = function() {
      kinds <- list(
        family = function(near) if (near) draw_one(a_choice_of(fuzz_families)(TRUE), "gauss", stats::quasi(), mean) else draw_one(draw_from(fuzz_families), stats::poisson, stats::Gamma("log")),
        breaks = or_null(function(near) if (near) draw_one(0, c(2, 1), NA, "1", numeric()) else c(1, 2.5))
      )
      arguments <- draw_arguments(kinds, needed = "family")
      fuzz_draw(c("nn_family", "print.nn_family"), quote(nn_family), arguments, holds = holds_of_family)
    },
    nn_layers = function() {
      layers <- if (chance(0.2)) list(hostile_value()) else unname(unclass(some_layers())$layers)
      kinds <- list(skip = a_flag, heads = a_flag)
      fuzz_draw(c("nn_layers", "print.nn_layers"), quote(nn_layers), c(layers, draw_arguments(kinds)), holds = function(value) {
        c(if (!inherits(value, "nn_layers")) "is no nn_layers", faults_of_text(value))
      })
    },
    nn_init = function() {
      sizes <- function(near) if (near) draw_one(1, c(1, 0), c(1, 3e9), c(2, NA), "2", c(1e6, 1e6), c(1.5, 2)) else sample.int(4L, sample(2:4, 1L), TRUE)
      kinds <- list(
        sizes = sizes, init = or_null(function(near) if (near) a_choice_of(fuzz_inits)(TRUE) else draw_from(fuzz_inits)), activation = a_choice_of(fuzz_activations), seed = or_null(a_seed)
      )
      fuzz_draw("nn_init", quote(nn_init), draw_arguments(kinds, needed = "sizes"), may_draw = TRUE, holds = function(value) faults_of_numbers(unlist(value)))
    },
    nn_start = function() {
      start <- nn_init(sample.int(4L, sample(2:4, 1L), TRUE), seed = 1)
      if (chance(0.15)) start[[draw_one(1L, 2L)]] <- hostile_value()
      fuzz_draw("print.nn_start", quote(print), list(start), holds = prints_itself)
    },
    nn_activation = function() {
      kinds <- list(
        name = or_null(function(near) if (near) a_choice_of(fuzz_activations)(TRUE) else sample(c(fuzz_activations, "exp"), sample.int(4L, 1L))),
        z = or_null(function(near) if (near) draw_one(NA, Inf, numeric(), "1") else draw_one(0, stats::rnorm(5), c(-750, 750), matrix(1:4, 2), 5e-324))
      )
      fuzz_draw(c("nn_activation", "print.nn_activation"), quote(nn_activation), draw_arguments(kinds), holds = function(value) {
        points <- value[names(value) %in% c("z", "derivative")]
        c(if (!inherits(value, "nn_activation")) "is no nn_activation", if ("z" %in% names(value) && anyNA(value)) "has missing values", faults_of_text(value))
      })
    },
    nn_perceptron = function() {
      X <- draw_one(draw_matrix(4L, TRUE), stats::rnorm(3), data.frame(a = 1:2, b = 3:4), draw_matrix(5L, FALSE))
      kinds <- list(X = function(near) if (near) draw_one("a", list(1), NA, data.frame(a = "b"), array(1, c(1, 1, 1))) else X, weights = a_number, bias = a_number, threshold = a_number)
      fuzz_draw("nn_perceptron", quote(nn_perceptron), draw_arguments(kinds, needed = "X"), holds = function(value) if (!is.integer(value) || !all(value %in% 0:1)) "is not 0 and 1")
    },
    nn_check_gradient = function() {
      problem <- draw_problem(chance(0.7))
      settings <- bounded(draw_settings(problem, draw_how()))
      settings <- settings[!names(settings) %in% c("checkpoint", "callback", "progress")]
      draw <- fuzz_draw(c("nn_check_gradient", "nn_check_gradient.default"), quote(nn_check_gradient), c(problem$first, settings, draw_some(list(tolerance = 1e-3), 0.5)), may_draw = TRUE)
      draw$formula <- problem$first$formula
      draw$holds <- function(value) holds_of_check(value)
      draw
    },
    print_gradient_check = function() {
      check <- nn_check_gradient(matrix(1:4 / 4, 2), c(0, 1), hidden = 2, seed = 1, tolerance = draw_one(1e-5, 1e-300))
      fuzz_draw("print.nn_gradient_check", quote(print), c(list(check), draw_arguments(list(n = a_count))), holds = prints_itself)
    }
  )
}

# ---- pictures ---------------------------------------------------------------------------------------

picture_kinds <- function(known) {
  names <- if (is.data.frame(known$problem$inputs)) names(known$problem$inputs) else colnames(known$problem$inputs)
  list(
    type = a_choice_of(c("loss", "network", "weights", "boundary", "activations", "history")), log = a_flag,
    inputs = or_null(function(near) if (near) draw_one(0, "zzz", c(1, 1), NA, 1e6) else draw_one(1:2, utils::head(names, 2L))),
    at = or_null(function(near) if (near) draw_one(1, list(zzz = 1), list(1), c(a = NA)) else stats::setNames(list(0), utils::tail(names, 1L))[length(names) > 0L]),
    layer = or_null(function(near) if (near) draw_one(0, 99, NA, "1", 1.5) else 1), max_units = function(near) if (near) draw_one(2, NA, Inf, 1e10) else draw_one(3, 16),
    label_weights = or_null(a_flag),
    max_rows = a_count, main = function(near) if (near) draw_one(NA, 1, character(), list()) else draw_one(NULL, "a title")
  )
}

targets_of_pictures <- function() {
  drawn <- function(value, known, arguments) if (!inherits(value, "nn_fit")) "does not return the fit"
  gg <- function(value, known = NULL, arguments = NULL) {
    c(if (!inherits(value, "ggplot")) "is no ggplot", if (chance(0.3)) tryCatch({ ggplot2::ggplot_build(value); NULL }, error = function(cnd) paste("cannot be built:", first_line(conditionMessage(cnd)))))
  }
  activation <- function(target, head, holds) {
    function() {
      x <- nn_activation(draw_one(NULL, c("relu", "exp"), "tanh"), draw_one(NULL, NULL, c(-1, 0, 2), 0))
      if (chance(0.2)) x <- x[sample.int(nrow(x), 1L), ]
      fuzz_draw(target, head, list(x), holds = holds)
    }
  }
  of_start <- function(target, head, holds) {
    function() {
      start <- nn_init(sample.int(6L, sample(2:4, 1L), TRUE), seed = 1)
      if (chance(0.15)) start$biases <- draw_one(list(1), NULL, start$weights)
      kinds <- picture_kinds(list())[c("max_units", "label_weights", "main")]
      kinds$type <- a_choice_of(c("network", "weights"))
      fuzz_draw(target, head, c(list(start), draw_arguments(kinds)), holds = holds)
    }
  }
  list(
    plot_start = of_start("plot.nn_start", quote(plot_on_paper), function(value) if (!inherits(value, "nn_start")) "does not return its argument"),
    autoplot_start = of_start("autoplot.nn_start", quote(ggplot2::autoplot), gg),
    plot = asks_a_fit("plot.nn_fit", quote(plot_on_paper), drawn, picture_kinds, extra = character(), needed = c("data", "type")),
    autoplot = asks_a_fit("autoplot.nn_fit", quote(ggplot2::autoplot), gg, picture_kinds, extra = character(), needed = c("data", "type")),
    plot_activation = activation("plot.nn_activation", quote(plot_on_paper), function(value) if (!inherits(value, "nn_activation")) "does not return its argument"),
    autoplot_activation = activation("autoplot.nn_activation", quote(ggplot2::autoplot), gg)
  )
}

# On a device that is nowhere; the graphical parameters must be as they were.
plot_on_paper <- function(x, ...) {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  kept <- graphics::par(no.readonly = TRUE)
  value <- plot(x, ...)
  now <- graphics::par(no.readonly = TRUE)
  # A new picture has its own axes; the size of the text follows the layout.
  same <- setdiff(names(kept), c("usr", "xaxp", "yaxp", "plt", "fig", "fin", "pin", "mfg", "xlog", "ylog"))
  if (!identical(kept[same], now[same])) stop("the graphical parameters were changed: ", paste(same[!mapply(identical, kept[same], now[same])], collapse = ", "))
  value
}
