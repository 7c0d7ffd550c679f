# What can be set in the playground, what nn_train() is called with for it, and the text of that call.

# Inputs made of the two of toy data, as terms of a formula.
play_features <- c("x1", "x2", "I(x1^2)", "I(x2^2)", "I(x1 * x2)", "sin(x1)", "sin(x2)")

# Rates to begin with: larger than the engine's defaults, which are for longer trainings than one waits for before a screen.
play_rates <- c(
  gd = 0.3, sgd = 0.1, momentum = 0.03, nesterov = 0.03, adagrad = 0.1, rmsprop = 0.01, adam = 0.03, adamw = 0.03
)

# More does not fit on the screen.
play_limits <- list(layers = 4L, units = 8L, rows = 300)

# What may change while a training goes on; everything else begins it anew.
staged_settings <- c("lr", "penalty", "dropout")

default_play_settings <- function() {
  list(
    data = "circles", noise = 0.05, data_seed = 1L, features = play_features[1:2], validation = 0.3,
    hidden = c(4L, 2L), activation = "tanh", init = NULL, optimizer = "adam", lr = 0.03, batch_size = 32L, penalty = 0, dropout = 0, seed = 1L
  )
}

# Optimizers that choose the length of their steps themselves have no rate to set.
has_rate <- function(optimizer) !optimizers[[optimizer]]$own_steps

play_formula <- function(settings, source) {
  if (!is.null(source)) {
    return(source$formula)
  }
  # In the order of the list, so that the same inputs are the same network.
  features <- intersect(play_features, settings$features)
  if (length(features) == 0L) {
    stop_backprop("argument", c("There is no input.", i = "Choose at least one feature."), call = quote(nn_playground()))
  }
  stats::as.formula(paste("y ~", paste(features, collapse = " + ")), env = baseenv())
}

# How the data are made, as a call; of the user's own the expression that was typed.
play_data_call <- function(settings, source) {
  if (!is.null(source)) {
    return(source$expression)
  }
  as.call(list(quote(nn_toy_data), settings$data, n = play_limits$rows, noise = settings$noise, seed = plain_value(settings$data_seed)))
}

play_data <- function(settings, source) {
  if (is.null(source)) eval(play_data_call(settings, source), list(nn_toy_data = nn_toy_data)) else source$data
}

# The arguments that begin a training, without the data and the number of epochs. What says nothing is left out: they are shown.
first_arguments <- function(settings, source, gaps) {
  optimizer <- optimizers[[settings$optimizer]]
  c(
    list(preset = "textbook", hidden = if (length(settings$hidden) > 0L) settings$hidden else quote(c())),
    if (length(settings$hidden) > 0L) list(activation = settings$activation),
    list(optimizer = settings$optimizer),
    if (optimizer$batches) list(batch_size = settings$batch_size),
    if (!is.null(settings$init)) list(init = settings$init),
    if (settings$validation > 0) list(validation = settings$validation),
    if (gaps) list(na_action = "omit"),
    list(seed = settings$seed)
  )
}

# Those that a training may go on with; `changed` leaves out what is as in the stage before.
stage_arguments <- function(stage, optimizer, before = NULL) {
  stage <- stage[staged_settings]
  if (!has_rate(optimizer)) stage$lr <- NULL
  if (is.null(before)) {
    # 0 is none, which is the default.
    stage[vapply(names(stage), function(name) name != "lr" && stage[[name]] == 0, NA)] <- NULL
    return(stage)
  }
  stage[!vapply(names(stage), function(name) identical(stage[[name]], before[[name]]), NA)]
}

# R code that makes the state of `play` anew in a fresh session: `fit`, whose weights after the epoch shown are those on the screen.
play_code <- function(play) {
  done <- play$fit$epochs_done
  stages <- stages_until(play, done)
  ends <- c(vapply(stages[-1L], function(stage) stage$from, 0L), done)
  formula <- play_formula(play$settings, play$source)
  # The weights of the last epoch are apart from those of the best one: they are kept by its number.
  kept <- if (play$settings$validation > 0 && done > 0L) list(keep_weights = done)
  calls <- lapply(seq_along(stages), function(k) {
    last <- if (k == length(stages)) kept
    arguments <- if (k == 1L) {
      first <- first_arguments(play$settings, play$source, play$gaps)
      c(first[names(first) != "seed"], stage_arguments(stages[[1L]], play$settings$optimizer), list(epochs = ends[1L]), last, first["seed"])
    } else {
      c(
        list(start = quote(fit)), stage_arguments(stages[[k]], play$settings$optimizer, stages[[k - 1L]]),
        list(epochs = ends[k] - stages[[k]]$from), last
      )
    }
    written_call("fit", "nn_train", c(list(formula, data = quote(data)), arguments))
  })
  c(
    "library(backprop)", paste("data <-", deparsed(play_data_call(play$settings, play$source))), unlist(calls),
    paste0("# The weights after epoch ", done, ", those on the screen:"),
    if (is.null(kept)) "coef(fit)" else paste0("coef(fit, epoch = ", done, ")")
  )
}

# An assignment of a call, broken between arguments where it is long.
written_call <- function(name, fun, arguments) {
  texts <- vapply(arguments, function(value) deparsed(plain_value(value)), "")
  given <- names_of(arguments)
  texts <- ifelse(given == "", texts, paste(given, "=", texts))
  lines <- strwrap(paste(gsub(" ", "\r", texts, fixed = TRUE), collapse = ", "), 76L)
  c(paste0(name, " <- ", fun, "("), paste0("  ", gsub("\r", " ", lines, fixed = TRUE)), ")")
}

# A value as R reads it again, in as few digits as that takes.
deparsed <- function(x) {
  short <- paste(deparse(x, width.cutoff = 500L), collapse = "\n")
  if (is.double(x) && !identical(eval(str2lang(short), baseenv()), x)) deparse(x, control = "digits17") else short
}

# Whole numbers without their L.
plain_value <- function(value) if (is.integer(value) && !is.object(value)) as.double(value) else value
