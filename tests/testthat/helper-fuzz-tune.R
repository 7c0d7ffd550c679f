# Random calls: tuning, on any problem, with what is tuned and how drawn as arguments of training are.

targets_of_tuning <- function() {
  drawn <- function(value, arguments) if (!inherits(value, "nn_tune")) "does not return the result"
  gg <- function(value, arguments) if (!inherits(value, "ggplot")) "is no ggplot"
  argument <- or_null(function(near) if (near) draw_one("penlaty", NA, 1, c("penalty", "hidden"), "mean") else draw_one("penalty", "hidden"))
  pictures <- list(argument = argument, n = a_count, main = function(near) if (near) draw_one(list(1), TRUE) else draw_one("title", NULL))
  list(
    nn_tune = target_of_tuning,
    nn_range = function() {
      ends <- function(near) if (near) draw_one(NA, Inf, "1", c(1, 2), NULL, -1, 0, 0.5) else draw_one(1, 2, 5)
      kinds <- list(low = ends, high = ends, log = a_flag, whole = a_flag)
      fuzz_draw("nn_range", quote(nn_range), draw_arguments(kinds, needed = c("low", "high")), holds = function(value) if (!inherits(value, "nn_range")) "is no range")
    },
    print_tune = asks_a_tuning("print.nn_tune", quote(print), drawn, list(n = a_count)),
    plot_tune = asks_a_tuning("plot.nn_tune", quote(plot_on_paper), drawn, pictures),
    autoplot_tune = asks_a_tuning("autoplot.nn_tune", quote(ggplot2::autoplot), gg, pictures),
    predict_tune = asks_a_tuning("predict.nn_tune", quote(predict), function(value, arguments) {
      if (!tibble::is_tibble(value) || nrow(value) != NROW(arguments$new_data)) "is no tibble of as many rows"
    }, list(new_data = function(near) if (near) draw_one(mtcars["hp"], NULL, "a") else draw_one(mtcars, mtcars[0, ], mtcars[1:3, "wt", drop = FALSE])), needed = "new_data")
  )
}

asks_a_tuning <- function(target, head, holds, kinds, needed = character()) {
  function() {
    tuned <- fuzz_tuned()
    if (chance(0.1)) tuned[sample.int(length(tuned), 1L)] <- list(NULL)
    arguments <- draw_arguments(kinds, draw_how(), needed)
    fuzz_draw(target, head, c(list(tuned), arguments), holds = function(value) holds(value, arguments))
  }
}

# Made once: what is asked is not how it came about.
fuzz_tuned <- local({
  tuned <- NULL
  function() {
    if (is.null(tuned)) tuned <<- nn_tune(mpg ~ wt, mtcars, preset = "textbook", hidden = list(c(), 2), penalty = c(0, 0.1), epochs = 3, folds = 2, seed = 1)
    tuned
  }
})

target_of_tuning <- function() {
  problem <- draw_problem(chance(0.5))
  how <- draw_how()
  several <- function(right, wrong) function(near) if (near) draw_from(wrong) else draw_from(right)
  settings <- draw_arguments(list(
    hidden = several(list(list(2, 3), list(c(), 2), c(3, 2), 2), list(list(), list(0, 2), list("a"), nn_range(1, 3))),
    penalty = several(list(c(0, 0.1), 0.1, list(0, 1)), list(numeric(), c(-1, 0), list(NULL))),
    optimizer = several(list(c("gd", "adam"), list("gd", opt_rprop())), list(c("gd", "adma"), list())),
    metric = or_null(a_choice_of(c("loss", "log_loss", "rmse", "accuracy"))),
    search = a_choice_of(c("grid", "random", "halving")), configurations = or_null(a_count), rule = a_choice_of(c("best", "one_se")),
    folds = function(near) if (near) draw_one(0, 1, NA, "2", 1e6, 1 - 1e-9, c(2, 3)) else draw_one(2, 3, 0.3),
    repeats = function(near) if (near) draw_one(0, 1.5, NA, "1") else draw_one(1, 2),
    group = or_null(function(near) if (near) draw_one("x", 1:2, NA) else rep_len(1:3, problem$n)),
    eta = function(near) if (near) draw_one(1, 0, NA, Inf, "2") else draw_one(2, 3),
    seed = or_null(a_seed), progress = or_null(a_flag)
  ), how, needed = "folds")
  if (how == "right" && chance(0.9)) {
    # What goes together: only draws have a number.
    settings["configurations"] <- list(if (!is.null(settings$search) && settings$search != "grid") 2)
    if (!is.null(settings$metric)) settings$metric <- "loss"
  }
  settings <- c(settings, list(epochs = draw_one(1, 4), preset = "textbook"))
  draw <- fuzz_draw("nn_tune", quote(nn_tune), c(problem$first, settings))
  draw$formula <- problem$first$formula
  draw$may_draw <- TRUE
  draw$holds <- function(value) {
    c(
      if (!inherits(value, "nn_tune")) "is no tuning", faults_of_text(value), if (!inherits(value$fit, "nn_fit")) "has no fit",
      if (!identical(value$results$rank, seq_len(nrow(value$results)))) "has other ranks", faults_of_numbers(value$folds$value, nrow(value$folds), finite = FALSE)
    )
  }
  draw
}
