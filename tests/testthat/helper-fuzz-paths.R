# Random calls: paths down the loss, animations, and pictures of both and of traces.

settings_of_paths <- c("lr", "bias", "activation", "loss", "output", "penalty", "start", "standardize", "clip_norm", "lr_schedule", "case_weights", "offset", "na_action", "init")

path_kinds <- list(
  hidden = function(near) if (near) draw_one(0, "a", -1) else draw_one(NULL, 1, 2, c(2, 2)), lr = or_null(a_positive),
  epochs = function(near) if (near) draw_one(-1, 1.5, NA, "2") else draw_one(0, 1, 2, 3), grid = function(near) if (near) draw_one(1, 402, NA, 2.5) else draw_one(2, 3, 5),
  along = function(near) if (near) draw_one("x1->h1", c("a", "b"), 0:1, c(1, 1), c(1, 999), 1:3, list(1, 2), c(pca = 1)) else draw_one(NULL, NULL, "pca", "random", 1:2, 2:1),
  methods = function(near) {
    if (near) draw_one(list(), "adamm", list(1), list(list(1)), list(list(loss = "mse")), opt_adam(), list(list(epochs = 3)), c(NA_character_, "gd"), data.frame(lr = 1))
    else draw_one(NULL, NULL, "adam", c("gd", "rprop"), list(a = list(lr = 0.1), b = list(optimizer = "sgd", batch_size = 2)), list(opt_momentum(), list(optimizer = opt_adamw(), shuffle = FALSE)))
  },
  each = a_choice_of(c("iteration", "epoch")), hold = a_choice_of(c("end", "start")), seed = or_null(a_seed),
  limits = function(near) if (near) draw_one(c(0, 1), list(1, 2), list(c(1, 0), c(0, 1)), list(c(0, Inf), c(0, 1))) else draw_one(NULL, NULL, list(c(-1, 1), c(-2, 2)))
)

target_of_paths <- function() {
  problem <- draw_problem(chance(0.7))
  how <- draw_how()
  settings <- draw_settings(problem, "right", share = 0.15)
  settings <- settings[names(settings) %in% settings_of_paths]
  arguments <- draw_arguments(path_kinds, how, c("epochs", "grid"), 0.5)
  if (chance(0.1)) arguments <- c(arguments, draw_one(list(validation = 0.2), list(optimizer = "adam"), list(restarts = 2), list(zzz = 1)))
  given <- c(settings[setdiff(names(settings), names(arguments))], arguments)
  method <- if (problem$interface == "formula") "nn_path.formula" else "nn_path.default"
  draw <- fuzz_draw(c("nn_path", method), quote(nn_path), c(problem$first, given), holds = faults_of_path, may_draw = TRUE)
  draw$formula <- problem$first$formula
  draw
}

faults_of_path <- function(value) {
  if (!inherits(value, "nn_path")) {
    return("is no path")
  }
  last <- !duplicated(value$paths$method, fromLast = TRUE)
  c(
    faults_of_text(value), faults_of_numbers(value$paths$x), if (!identical(levels(value$paths$method), names(value$fits))) "has other fits than methods",
    if (any(diff(value$paths$iteration)[!last[-length(last)]] < 1)) "goes back"
  )
}

# One of a few small ones, whole or edited.
a_drawn_path <- function() {
  path <- draw_by_turn(
    nn_path(mpg ~ wt + hp, data = mtcars, hidden = c(), bias = FALSE, lr = 0.001, epochs = 2, grid = 4, seed = 1),
    nn_path(Species ~ ., data = iris, hidden = 2, lr = 0.1, epochs = 2, grid = 3, each = "epoch", along = "pca", seed = 1),
    nn_path(matrix(1:4 / 4, 2), c(0, 1), hidden = 1, epochs = 0, grid = 2, methods = "gd", seed = 1)
  )
  if (chance(0.1)) path[[draw_from(c("surface", "paths", "axes", "held", "along", "exact"))]] <- hostile_value()
  path
}

kinds_of_path_pictures <- list(
  methods = function(near) if (near) draw_one("zzz", NA, 1) else draw_one(NULL, "gd", "SGD"), until = or_null(a_count_or_zero),
  by = a_choice_of(c("iteration", "epoch")), main = function(near) if (near) draw_one(NA, list()) else draw_one(NULL, "a title")
)

film_kinds <- list(
  file = function(near) if (near) draw_one("a.png", "", NA, file.path(tempdir(), "no", "a.html"), tempdir(), c("a.html", "b.html")) else draw_one(NULL, tempfile(fileext = ".html"), tempfile(fileext = ".html")),
  frames = a_count, fps = function(near) if (near) draw_one(0, 51, NA, "5", Inf) else draw_one(1, 5, 24.5),
  width = function(near) if (near) draw_one(1, 239, 1e6, NA, 300.5) else draw_one(240, 300), height = function(near) if (near) draw_one(1, 239, 1e6, NA) else draw_one(240, 300),
  main = kinds_of_path_pictures$main
)

faults_of_film <- function(value, known = NULL, arguments = NULL) {
  if (!is.character(value)) {
    return(if (!inherits(value, "shiny.tag.list")) "is no page")
  }
  on.exit(unlink(value))
  if (!file.exists(value) || file.size(value) == 0) "wrote nothing"
}

target_of_path_pictures <- function() {
  path <- a_drawn_path()
  kind <- draw_by_turn("plot", "autoplot", "print", "as.data.frame", every = 3)
  pictured <- function() draw_arguments(kinds_of_path_pictures, share = 0.6)
  switch(kind,
    plot = fuzz_draw("plot.nn_path", quote(plot_on_paper), c(list(path), pictured()), holds = function(value) if (!inherits(value, "nn_path")) "does not return its argument"),
    autoplot = fuzz_draw("autoplot.nn_path", quote(ggplot2::autoplot), c(list(path), pictured()), holds = function(value) if (!inherits(value, "ggplot")) "is no ggplot"),
    print = fuzz_draw("print.nn_path", quote(print), list(path), holds = prints_itself),
    as.data.frame = fuzz_draw("as.data.frame.nn_path", quote(as.data.frame), c(list(path), draw_arguments(list(row.names = or_null(anything), optional = a_flag))), holds = function(value) if (!is.data.frame(value)) "is no table")
  )
}

target_of_animated_path <- function() {
  arguments <- draw_arguments(c(film_kinds, kinds_of_path_pictures[c("methods", "by")]), share = 0.5)
  fuzz_draw(c("nn_animate", "nn_animate.nn_path"), quote(nn_animate), c(list(a_drawn_path()), arguments), holds = faults_of_film)
}

# What cannot be animated: a target of its own, so that the method for it is drawn for certain.
target_of_no_animation <- function() {
  fuzz_draw(c("nn_animate", "nn_animate.default"), quote(nn_animate), c(list(draw_one(1, "a", list(), NULL, mtcars)), draw_arguments(film_kinds["file"])), holds = faults_of_film)
}

target_of_animation <- function() {
  env <- fuzz_env()
  problem <- draw_problem(chance(0.7))
  settings <- draw_settings(problem, "right")
  settings$keep_weights <- 1
  known <- trained(env, problem, settings)
  kinds <- picture_kinds(known)
  kinds$type <- a_choice_of(c("boundary", "network", "weights", "activations"))
  kinds <- c(kinds[setdiff(names(kinds), c("log", "main"))], list(data = data_kind(known)), film_kinds)
  kinds$frames <- function(near) if (near) a_count(TRUE) else draw_one(1, 2)
  draw <- fuzz_draw(c("nn_animate", "nn_animate.nn_fit"), quote(nn_animate), c(list(known$fit), draw_arguments(kinds, draw_how(), c("data", "type", "fps"), 0.3)), env, faults_of_film)
  draw$formula <- problem$first$formula
  draw
}

targets_of_paths <- function() {
  pictures <- list(layer = or_null(function(near) if (near) draw_one(0, 99, NA, "1", 1.5) else 1), main = kinds_of_path_pictures$main)
  list(
    path_pictures = target_of_path_pictures, animated_path = target_of_animated_path, nn_animate = target_of_animation, no_animation = target_of_no_animation,
    plot_trace = asks_a_trace("plot.nn_trace", quote(plot_on_paper), function(value, trace, arguments) if (!inherits(value, "nn_trace")) "does not return its argument", pictures),
    autoplot_trace = asks_a_trace("autoplot.nn_trace", quote(ggplot2::autoplot), function(value, trace, arguments) if (!inherits(value, "ggplot")) "is no ggplot", pictures)
  )
}
