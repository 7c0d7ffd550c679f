# Local SGD (Stich 2019): workers train by themselves for some epochs, then their networks are averaged by what their rows weigh, and so on.

# What looks at each epoch of all rows, by name.
check_averageable <- function(ready) {
  engine <- ready$spec$engine
  if (engine$optimizer$name == "lbfgs") {
    stop_incompatible(
      "{.code optimizer = \"lbfgs\"} remembers steps of one path, which is no mean of several: it does not go with {.arg sync_every}.",
      "Leave {.arg sync_every} out: L-BFGS by exact sums exchanges little, or use another optimizer, such as {.val adam}."
    )
  }
  given <- c(stop_metric = !is.null(engine$metric), keep_weights = !is.null(engine$keep_weights), tol = !identical(as.double(engine$tol), 0))
  if (any(given)) {
    stop_incompatible("{.arg {wrong}} does not go with {.arg sync_every}.", "Leave one of them out.", wrong = names(given)[given][1L])
  }
}

# In place of engine_train(): its answer, made of those of the workers. `seen(result)` hears of each average; `raised` is empty: what fails here is raised at once.
train_averaging <- function(cluster, engine, data, start, watch, checkpoint, seen) {
  transport <- cluster$transport
  n <- nrow(data$x)
  # As equal as can be: no shard has to stay whole.
  pieces <- min(transport$size, n)
  parts <- cut_rows(n, pieces, transport$size)
  own <- engine
  own[c("stop_iter", "metric", "keep_weights")] <- NULL
  own$keep_best <- FALSE
  held <- begin_workers(transport, own, data, parts)
  on.exit(end_workers(transport, held))
  shares <- vapply(parts[held$at], function(part) total_weight_of(data$case_weights[seq.int(part$first, length.out = part$count)], part$count), 0)
  run <- new_average(engine, start)
  time <- clock(engine$seconds, now())
  repeat {
    epochs <- min(cluster$sync_every, run$last_epoch - run$result$epochs_done)
    if (epochs > 0L) {
      answers <- ask_workers(transport, "train", rep(list(list()), length(held$at)), list(id = held$id, changes = list(epochs = as.integer(epochs)), start = run$start), held$at)
      run <- add_round(run, answers, shares, engine, data$validation)
    } else {
      # Where no epoch is to be trained, the weights are those that it would begin with.
      answers <- ask_workers(transport, "train", list(list()), list(id = held$id, changes = list(epochs = 0L), start = run$start), held$at[1L])
      run <- set_network(run, answers[[1L]])
    }
    seen(run$result)
    went_on <- run$status == "training" && tell_round(run, watch, checkpoint)
    if (!went_on || run$result$epochs_done >= run$last_epoch || (!is.null(engine$seconds) && time$left() <= 0)) break
  }
  if (run$status == "training") {
    run$status <- if (run$result$epochs_done >= run$last_epoch) "completed" else if (went_on) "out_of_time" else "stopped"
  }
  finish_average(run, held, transport, shares, engine, data)
}

# Before the first round. `waited` are epochs since the best one; `start` is what workers begin a round with.
new_average <- function(engine, start) {
  done <- if (is.null(start)) 0L else start$epochs_done
  list(
    result = list(error = NULL, loss = numeric(), validation_loss = NULL, accuracy = NULL, lr = numeric(), epochs_done = as.integer(done), best = start$best),
    start = start[names(start) != "best"], last_epoch = done + engine$epochs, status = "training"
  )
}

# The state of a network of which the next round begins.
set_network <- function(run, network) {
  own <- c("weights", "biases", "ancillary", "optimizer_state")
  run$result[own] <- network[own]
  run$start <- c(network[own], list(epochs_done = run$result$epochs_done))
  run
}

add_round <- function(run, answers, shares, engine, validation) {
  if (any(vapply(answers, function(answer) answer$status == "diverged", NA))) {
    run$status <- "diverged"
    run$epoch <- min(unlist(lapply(answers, function(answer) answer$epoch)))
    # The last average is finite; of the first round there is none but what it began with.
    if (is.null(run$result$weights)) run <- set_network(run, answers[[1L]])
    return(run)
  }
  sums <- isTRUE(all_losses[[engine$loss]]$sum)
  curve <- function(name, by) if (!is.null(answers[[1L]][[name]])) Reduce(`+`, Map(function(answer, share) share * answer[[name]], answers, by))
  means <- shares / sum(shares)
  epochs <- length(answers[[1L]]$loss)
  result <- run$result
  result$loss <- c(result$loss, curve("loss", if (sums) rep(1, length(shares)) else means))
  result$accuracy <- c(result$accuracy, curve("accuracy", means))
  result$lr <- c(result$lr, answers[[1L]]$lr)
  result$epochs_done <- result$epochs_done + epochs
  run$result <- result
  run <- set_network(run, average_of(answers, means))
  if (is.null(validation)) run else judge_round(run, epochs, engine, validation)
}

# The mean of networks and of what their optimizers remember, by `shares`. What counts steps is the same for all, or that of the first.
average_of <- function(answers, shares) {
  mean_of <- function(parts) {
    first <- parts[[1L]]
    if (is.list(first)) {
      made <- lapply(seq_along(first), function(i) mean_of(lapply(parts, `[[`, i)))
      return(structure(made, names = names(first)))
    }
    if (is.null(first)) NULL else Reduce(`+`, Map(`*`, parts, shares))
  }
  made <- lapply(c(weights = "weights", biases = "biases", ancillary = "ancillary"), function(name) mean_of(lapply(answers, `[[`, name)))
  state <- answers[[1L]]$optimizer_state
  state$slots <- mean_of(lapply(answers, function(answer) answer$optimizer_state$slots))
  c(made, list(optimizer_state = state))
}

# The loss of the average on the rows that judge: that of the round's last epoch, and missing for those before.
judge_round <- function(run, epochs, engine, validation) {
  result <- run$result
  loss <- loss_on_rows(engine, result, validation)$loss
  result$validation_loss <- c(result$validation_loss, rep(NA_real_, epochs - 1L), loss)
  if (!is.null(result$accuracy)) result$validation_accuracy <- rep(NA_real_, length(result$loss))
  if (is.null(result$best) || loss < result$best$loss) {
    result$best <- c(list(epoch = result$epochs_done, loss = loss), result[c("weights", "biases", "ancillary")])
  } else if (!is.null(engine$stop_iter) && result$epochs_done - result$best$epoch >= engine$stop_iter) {
    run$status <- "converged"
    run$epoch <- result$epochs_done
  }
  run$result <- result
  run
}

loss_on_rows <- function(engine, network, rows) {
  engine$ancillary <- network$ancillary
  answered(engine_evaluate(engine, network$weights, network$biases, rows$x, rows$y, rows$case_weights, rows$offset))
}

# The user's callback, the bar, and the checkpoint hear of each average. Whether to go on.
tell_round <- function(run, watch, checkpoint) {
  result <- run$result
  last <- function(curve) if (length(curve) > 0L) curve[length(curve)]
  goes_on <- TRUE
  if (!is.null(watch$hook)) {
    goes_on <- !isFALSE(watch$hook$fun(
      result$epochs_done, run$last_epoch, last(result$loss), last(result$validation_loss), last(result$lr), last(result$accuracy), NULL, 1L
    ))
  }
  if (!is.null(checkpoint) && goes_on) goes_on <- !isFALSE(checkpoint$engine$fun(result))
  goes_on
}

# The answer as engine_train() gives it: the best network where rows judged, beside the last one.
finish_average <- function(run, held, transport, shares, engine, data) {
  result <- run$result
  result$status <- run$status
  result$epoch <- run$epoch
  if (isTRUE(engine$keep_best) && !is.null(result$best$weights)) {
    own <- c("weights", "biases", "ancillary")
    result$last <- result[c(own, "optimizer_state")]
    result[own] <- result$best[own]
  }
  network <- list(id = held$id, weights = result$weights, biases = result$biases, ancillary = result$ancillary)
  found <- ask_workers(transport, "loss", rep(list(list()), length(held$at)), network, held$at)
  losses <- vapply(found, function(answer) answer$loss, 0)
  result$final_loss <- if (isTRUE(all_losses[[engine$loss]]$sum)) sum(losses) else sum(losses * shares) / sum(shares)
  result$final_penalty <- found[[1L]]$penalty
  if (!is.null(data$validation)) result$final_validation_loss <- loss_on_rows(engine, result, data$validation)$loss
  result
}

# Runs `train(seen)`. Of a training that an error ends between two rounds the last average is kept.
keeping_last_average <- function(train, seen, as_fit) {
  rounds <- 0
  withCallingHandlers(
    train(function(so_far) {
      rounds <<- rounds + 1
      seen(c(so_far, status = "interrupted"))
    }),
    backprop_error_cluster = function(cnd) if (rounds > 0) session$last <- as_fit()
  )
}
