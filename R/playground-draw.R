# What the playground's page draws: the network's answers as short texts and numbers, one message for each picture.

# Places on an edge of the large picture, and of the small ones of the units.
play_grid <- list(large = 60L, small = 20L, points = 1000L)

# What stays while a training goes on: axes, points, names. `axes` are the names of two inputs.
play_scene <- function(play, axes) {
  columns <- play_columns(play)
  frame <- lapply(columns, describe_axis)
  outcome <- play_outcome(play)
  classes <- play_classes(play)
  # Rows without a value are not in the picture.
  whole <- which(stats::complete.cases(play$data[names(columns)]) & !is.na(outcome))
  rows <- whole[unique(round(seq(1, length(whole), length.out = min(length(whole), play_grid$points))))]
  observed <- outcome[rows]
  kind <- if (is.null(classes)) "number" else if (length(classes) == 2L) "two" else "many"
  range <- if (kind == "number") outcome_range(outcome)
  places <- lapply(axes, function(axis) place_points(columns[[axis]][rows], frame[[axis]], rows))
  inputs <- encoded_grid(play, frame, axes, play_grid$small)
  list(
    axes = lapply(axes, function(axis) shown_axis(axis, frame[[axis]])),
    held = held_note(lapply(frame[setdiff(names(frame), axes)], function(column) column$usual)),
    kind = kind, classes = if (kind != "number") I(classes),
    colours = if (kind == "many") I(class_colours(length(classes))),
    range = if (kind == "number") I(signif(range, 3)),
    points = list(
      x = places[[1L]], y = places[[2L]],
      value = if (kind == "number") levels_text(2 * (observed - range[1L]) / max(diff(range), 1e-300) - 1) else I(as.integer(observed) - 1L),
      held = I(as.integer(rows %in% validation_places(play)))
    ),
    sizes = I(play$fit$settings$sizes), activations = I(c(play$fit$settings$activation, play$fit$settings$output)),
    inputs = list(names = I(names_of_units(play$fit)[[1L]]), pictures = I(lapply(seq_len(ncol(inputs)), function(j) {
      values <- inputs[, j] - mean(range(inputs[, j]))
      levels_text(values / max(abs(values), 1e-300))
    }))),
    outputs = I(named_outputs(play$fit)),
    # What the optimizer has no use for.
    idle = I(c(character(), if (!has_rate(play$settings$optimizer)) "lr", if (!optimizers[[play$settings$optimizer]]$batches) "batch_size"))
  )
}

# What changes with every slice.
play_frame <- function(play, axes) {
  fit <- shown_fit(play)
  frame <- lapply(play_columns(play), describe_axis)
  call <- quote(nn_playground())
  large <- predict_outputs(fit, grid_table(play, frame, axes, play_grid$large), "data", 1L, call)
  units <- unit_activations(fit, encoded_grid(play, frame, axes, play_grid$small), call)
  kinds <- c(fit$settings$activation, fit$settings$output)
  measures <- play_measures(play, fit)
  list(
    epoch = fit$epochs_done, furthest = NROW(play$history), kept = I(snapshot_epochs(play)),
    grid = shown_answers(large, play), measures = measures, curve = play_curve(play), problem = play$problem, ended = !can_advance(play),
    units = unname(Map(function(values, kind) unname(lapply(seq_len(ncol(values)), function(j) unit_text(values[, j], kind))), units, kinds)),
    weights = unname(lapply(fit$weights, function(w) I(signif(unname(w), 4)))), biases = unname(lapply(fit$biases, function(b) I(signif(unname(b), 4))))
  )
}

# ---- columns and axes ------------------------------------------------------------------------------

# The columns that inputs are made of.
play_columns <- function(play) {
  columns <- as.list(play$data)[names(needed_columns(play$fit$blueprint))]
  lapply(columns, function(column) if (is.character(column)) factor(column) else column)
}

# The outcome of every row: classes by their levels, or numbers.
play_outcome <- function(play) {
  values <- outcome_values(play)
  classes <- play_classes(play)
  if (is.null(classes)) as.double(values) else factor(as.character(values), classes)
}

outcome_values <- function(play) {
  formula <- play_formula(play$settings, play$source)
  eval(formula[[2L]], play$data, environment(formula))
}

# Zeros and ones under a sigmoid are two classes too.
play_classes <- function(play) {
  fit <- play$fit
  switch(fit$outcome$kind,
    factor = fit$outcome$levels,
    logical = c("FALSE", "TRUE"),
    if (fit$settings$output == "sigmoid" && all(outcome_values(play) %in% c(0, 1, NA))) c("0", "1")
  )
}

describe_axis <- function(column) {
  described <- describe_input(column)
  # What has no order of its own stands in that of its levels.
  if (!described$numeric) described$levels <- if (is.logical(column)) c("FALSE", "TRUE") else levels(column)
  described
}

shown_axis <- function(name, described) {
  ends <- if (described$numeric) range(seq_across(described$range, 2L)) else c(0.5, length(described$levels) + 0.5)
  list(label = name, from = ends[1L], to = ends[2L], levels = if (!described$numeric) I(described$levels))
}

# Points of one level are spread, or they would hide each other: evenly, by the golden section.
place_points <- function(values, described, rows) {
  if (described$numeric) {
    return(I(signif(as.double(values), 5)))
  }
  I(round(match(as.character(values), described$levels) + 0.6 * ((rows * 0.618034) %% 1 - 0.5), 3))
}

grid_values <- function(described, n, column) {
  axis <- shown_axis("", described)
  if (described$numeric) {
    return(seq(axis$from, axis$to, length.out = n))
  }
  at <- pmin(length(described$levels), pmax(1, round(seq(axis$from, axis$to, length.out = n))))
  if (is.logical(column)) at == 2 else factor(described$levels[at], described$levels)
}

# Rows of the picture: x runs fastest, y from below. Other inputs are held at what is usual.
grid_table <- function(play, frame, axes, n) {
  columns <- play_columns(play)
  grid <- expand.grid(stats::setNames(lapply(axes, function(axis) grid_values(frame[[axis]], n, columns[[axis]])), axes))
  made <- lapply(names(frame), function(name) if (name %in% axes) grid[[name]] else rep(frame[[name]]$usual, nrow(grid)))
  as_plain_table(stats::setNames(made, names(frame)), nrow(grid))
}

encoded_grid <- function(play, frame, axes, n) {
  dense_inputs(read_new_rows(play$fit, grid_table(play, frame, axes, n), "data", quote(nn_playground()), with_offset = FALSE)$x)
}

# ---- answers as text -------------------------------------------------------------------------------

# Numbers from -1 to 1 in 91 steps, each a printable character: a tenth of what JSON would make of them.
levels_text <- function(values) {
  values[!is.finite(values)] <- 0
  rawToChar(as.raw(35 + round(45 + 45 * pmax(-1, pmin(1, values)))))
}

# How much a unit answers, from nothing to its most; of those between 0 and 1 one half is nothing.
unit_text <- function(values, kind) {
  if (kind %in% c("sigmoid", "softmax")) {
    values <- 2 * values - 1
  } else if (!kind %in% c("tanh", "softsign")) {
    values <- values / max(abs(values[is.finite(values)]), 1e-300)
  }
  levels_text(values)
}

# Of two classes the probability of the second; of many the likeliest, and by how much it leads; of numbers the number.
shown_answers <- function(value, play) {
  if (is.null(play_classes(play))) {
    range <- outcome_range(play_outcome(play))
    return(list(value = levels_text(2 * (value[, 1L] - range[1L]) / max(diff(range), 1e-300) - 1)))
  }
  if (ncol(value) == 1L) {
    return(list(value = levels_text(2 * value[, 1L] - 1)))
  }
  best <- max.col(value, ties.method = "first")
  share <- value[cbind(seq_along(best), best)]
  k <- ncol(value)
  list(value = levels_text((share - 1 / k) / (1 - 1 / k)), class = rawToChar(as.raw(35L + pmin(best - 1L, 90L))))
}

# Where there are numbers on both sides of 0, it is in the middle.
outcome_range <- function(values) {
  range <- range(as.double(values), na.rm = TRUE, finite = TRUE)
  if (range[1L] < 0 && range[2L] > 0) c(-1, 1) * max(abs(range)) else range
}

# ---- how well ----------------------------------------------------------------------------------------

# Places in the data of the rows that were held back.
validation_places <- function(play) {
  kept <- setdiff(seq_len(nrow(play$data)), play$fit$omitted)
  kept[play$fit$validation_rows]
}

# Loss, and the share of right classes or the root of the mean squared error, of the weights on the screen.
play_measures <- function(play, fit) {
  done <- fit$epochs_done
  loss <- if (done == 0L) play$start_loss else unlist(fit$history[done, c("loss", if ("validation_loss" %in% names(fit$history)) "validation_loss")])
  observed <- play_outcome(play)
  value <- predict_outputs(fit, play$data, "data", 1L, quote(nn_playground()))
  classes <- play_classes(play)
  good <- if (is.null(classes)) {
    (value[, 1L] - observed)^2
  } else {
    (if (ncol(value) == 1L) 1L + (value[, 1L] > 0.5) else max.col(value, ties.method = "first")) == as.integer(observed)
  }
  held <- seq_along(good) %in% validation_places(play)
  of <- function(rows) {
    mean <- mean(good[rows], na.rm = TRUE)
    if (is.null(classes)) sqrt(mean) else mean
  }
  list(
    name = if (is.null(classes)) "RMSE" else "accuracy",
    loss = signif(loss[[1L]], 4), validation_loss = if (any(held)) signif(loss[[2L]], 4),
    value = signif(of(!held), 4), validation_value = if (any(held)) signif(of(held), 4)
  )
}

# Losses of all epochs that are known, of long trainings of some hundred of them.
play_curve <- function(play, most = 300L) {
  n <- NROW(play$history)
  rows <- if (n > 0L) unique(round(seq(1, n, length.out = min(n, most))))
  of <- function(first, column) I(signif(c(first, play$history[[column]][rows]), 4))
  held <- play$fit$validation_count > 0L
  list(
    epoch = I(c(0L, rows)), training = of(play$start_loss[["training"]], "loss"),
    validation = if (held) of(play$start_loss[["validation"]], "validation_loss")
  )
}
