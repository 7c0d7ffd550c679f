# Exercises with a script in which a bug was planted: which line is wrong?

# The script as it should be. Its lines have names where bugs go.
right_script <- c(
  "train <- function(X, Y, wh, bh, wout, bout, lr, epochs) {",
  sigmoid = "  sigmoid <- function(z) 1 / (1 + exp(-z))",
  "  for (epoch in seq_len(epochs)) {",
  "    # Forward",
  hidden = "    hidden <- sigmoid(X %*% wh + rep(bh, each = nrow(X)))",
  output = "    output <- sigmoid(hidden %*% wout + rep(bout, each = nrow(X)))",
  "    # Backward",
  E = "    E <- Y - output",
  d_output = "    d_output <- E * output * (1 - output)",
  Error = "    Error_at_hidden <- d_output %*% t(wout)",
  d_hidden = "    d_hidden <- Error_at_hidden * hidden * (1 - hidden)",
  "    # Update",
  wout = "    wout <- wout + lr * t(hidden) %*% d_output",
  bout = "    bout <- bout + lr * colSums(d_output)",
  wh = "    wh <- wh + lr * t(X) %*% d_hidden",
  bh = "    bh <- bh + lr * colSums(d_hidden)",
  "  }",
  "  list(wh = wh, bh = bh, wout = wout, bout = bout)",
  "}"
)

# By level: the line, what stands there instead, and why that is wrong. An `after` says behind which line the wrong one stands.
planted_bugs <- list(
  list(
    list(line = "E", wrong = "    E <- output - Y", why = "The updates add, so E must be minus the derivative of the loss, Y - output: this script climbs."),
    list(line = "d_output", wrong = "    d_output <- E", why = "The slope of the output's sigmoid, output * (1 - output), is left out."),
    list(line = "d_hidden", wrong = "    d_hidden <- Error_at_hidden", why = "The slope of the hidden units' sigmoid, hidden * (1 - hidden), is left out."),
    list(line = "output", wrong = "    output <- hidden %*% wout + rep(bout, each = nrow(X))", why = "The output layer has lost its sigmoid, whose slope is still in d_output."),
    list(line = "bout", wrong = "    bout <- bout - lr * colSums(d_output)", why = "All updates add, this one subtracts."),
    list(line = "sigmoid", wrong = "  sigmoid <- function(z) 1 / (1 + exp(z))", why = "That curve falls: the sigmoid is 1 / (1 + exp(-z)).")
  ),
  list(
    list(line = "hidden", wrong = "    hidden <- sigmoid(X %*% wh + bh)", why = "R fills bh down the columns, so that each row of data gets one bias for all of its units; only because there are as many rows as units does nobody complain."),
    list(line = "hidden", wrong = "    hidden <- sigmoid(X %*% wh + rep(bh, nrow(X)))", why = "rep() without `each` fills the biases down the columns: one for each row of data instead of one for each unit."),
    list(line = "bh", wrong = "    bh <- bh + lr * rowSums(d_hidden)", why = "A unit's bias takes part in every row: its derivative is the sum down the column. The sum along the row fits only because there are as many rows as units."),
    list(line = "bh", wrong = "    bh <- bh + lr * colMeans(d_hidden)", why = "The loss is a sum over the rows, so a bias gets the sum of its column, as the weights do, and not the mean."),
    list(line = "Error", wrong = "    Error_at_hidden <- E %*% t(wout)", why = "It is d_output that goes back, E times the slope of the output."),
    list(line = "d_hidden", wrong = "    d_hidden <- Error_at_hidden * c(output * (1 - output))", why = "That is the slope of the output; the hidden units have their own, hidden * (1 - hidden).")
  ),
  list(
    list(line = "wout", after = "d_output", wrong = "    wout <- wout + lr * t(hidden) %*% d_output", why = "wout is updated before the error goes back through it: all gradients are to be taken at the same weights."),
    list(line = "d_hidden", wrong = "    d_hidden <- Error_at_hidden * sigmoid(hidden) * (1 - sigmoid(hidden))", why = "hidden is the value of the sigmoid already: its slope is hidden * (1 - hidden)."),
    list(line = "d_output", wrong = "    d_output <- lr * E * output * (1 - output)", why = "The learning rate comes in the updates; here it is applied twice."),
    list(line = "wh", wrong = "    wh <- wh + lr * t(X) %*% Error_at_hidden", why = "The weights get d_hidden, the error times the slope of the hidden units."),
    list(line = "bout", wrong = "    bout <- bout + lr * colSums(E)", why = "The bias gets the sum of d_output, the error times the slope, as the weights do."),
    list(line = "wout", wrong = "    wout <- wout + lr * t(hidden) %*% E", why = "The weights get d_output, the error times the slope of the output.")
  )
)

plant_bug <- function(bug) {
  script <- right_script
  at <- match(bug$line, names(script))
  if (is.null(bug$after)) {
    script[at] <- bug$wrong
    return(list(script = unname(script), line = at))
  }
  script <- append(script[-at], stats::setNames(bug$wrong, bug$line), match(bug$after, names(script)))
  list(script = unname(script), line = match(bug$line, names(script)))
}

# The function that a script defines.
script_function <- function(script) eval(parse(text = script, keep.source = FALSE), new.env(parent = globalenv()))

# As many rows as hidden units: the shapes hide what they can.
bug_data <- function() {
  list(
    X = matrix(sample(c(0, 1), 12L, replace = TRUE), 3L), Y = matrix(c(1, 0, sample(0:1, 1L))),
    start = fresh_start(c(4L, 3L, 1L)), lr = 0.5, epochs = 20L
  )
}

engine_numbers <- function(task) {
  fit <- nn_train(task$X, task$Y, hidden = ncol(task$start$weights[[1L]]), lr = task$lr, start = task$start, epochs = task$epochs, seed = 1)
  list(wh = fit$weights[[1L]], bh = fit$biases[[1L]], wout = fit$weights[[2L]], bout = fit$biases[[2L]])
}

run_script <- function(train, task) {
  start <- task$start
  train(task$X, task$Y, start$weights[[1L]], start$biases[[1L]], start$weights[[2L]], start$biases[[2L]], task$lr, task$epochs)
}

# How far a script's numbers are from the engine's, for each of its four; NA where there is none of that shape.
script_differences <- function(numbers, task) {
  wanted <- engine_numbers(task)
  vapply(names(wanted), function(name) {
    found <- if (is.list(numbers)) numbers[[name]]
    if (!is.numeric(found) || length(found) != length(wanted[[name]])) NA_real_ else max(abs(as.vector(found) - as.vector(wanted[[name]])))
  }, 0)
}

make_bug <- function(level) {
  bugs <- planted_bugs[[level]]
  bug <- bugs[[sample.int(length(bugs), 1L)]]
  planted <- plant_bug(bug)
  task <- c(bug_data(), list(lines = planted$line, script = planted$script))
  one <- replace(task, "epochs", 1L)
  apart <- script_differences(run_script(script_function(planted$script), one), one)
  if (!isTRUE(max(apart) > 1e-3)) {
    return(NULL)
  }
  part <- utils::tail(grep("# ", planted$script[seq_len(planted$line)], value = TRUE), 1L)
  part <- if (length(part) == 0L) "before the loop" else paste0("in the part under `", trimws(part), "`")
  agree <- names(apart)[apart < 1e-9]
  list(
    title = "Find the bug",
    question = c(
      "One line of this script is wrong, or in the wrong place. Which?",
      "It should train a 4-3-1 network of sigmoids by full batches, with the loss sum((Y - output)^2) / 2, as the engine does."
    ),
    given = shown_network(task$X, task$Y, task$start),
    code = planted$script,
    ask = "nn_check_answer(%s, 7), the line, or the mended function in place of 7",
    hints = c(
      paste0(
        "After one epoch ", if (length(agree) == 0L) "none of wh, bh, wout and bout agrees with the engine." else paste0(
          paste(agree, collapse = ", "), if (length(agree) == 1L) " agrees" else " agree", " with the engine, ", paste(setdiff(names(apart), agree), collapse = ", "), " not."
        )
      ),
      paste0("Look ", part, "."),
      bug$why
    ),
    solution = c(paste0("Line ", planted$line, ": ", trimws(planted$script[planted$line])), bug$why, paste0(if (is.null(bug$after)) "Right is: " else "It belongs among the updates: ", trimws(right_script[[bug$line]]))),
    task = task,
    options = lapply(script_lines(planted$script), function(line) {
      list(text = as.character(line), right = line == planted$line, why = if (line == planted$line) bug$why else paste("Line", line, "is as it should be."))
    })
  )
}

# Lines that do something.
script_lines <- function(script) grep("^ +[A-Za-z_]+ <- ", script)
