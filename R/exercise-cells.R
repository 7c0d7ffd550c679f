# Exercises in numbers: a cell of the forward pass, a row of the backward pass.

is_given_step <- function(step) step$op == "given"

# Hidden units that are all off leave nothing to compute.
are_alive <- function(trace, i) {
  keys <- unclass(trace)$keys$a
  hidden <- lapply(utils::head(keys, -1L), function(key) iteration_matrix(unclass(trace)$steps, 1L, key))
  all(vapply(hidden, function(a) any(a[i, ] != 0), NA))
}

make_forward <- function(level) {
  trace <- fresh_trace(level)
  steps <- unclass(trace)$steps
  possible <- which(vapply(steps, function(step) step$phase == "forward" && step$op != "given", NA))
  # In deeper networks the way is longer.
  if (level > 1L) possible <- utils::tail(possible, if (level == 2L) 4L else 2L)
  position <- possible[sample.int(length(possible), 1L)]
  step <- steps[[position]]
  i <- sample.int(nrow(step$result), 1L)
  j <- sample.int(ncol(step$result), 1L)
  answer <- step$result[i, j]
  mistakes <- forward_mistakes(trace, position, i, j)
  if (abs(answer) < 0.01 || !are_alive(trace, i) || !can_be_told(answer, mistakes)) {
    return(NULL)
  }
  start <- vapply(steps, function(one) if (one$phase == "start" && one$key != "Y") one$key else "", "")
  cells <- cells_behind(trace, position, i, j, is_given_step)
  cell <- cell_name(step, i, j)
  c(
    list(
      title = "Predict a cell",
      question = c(
        paste0("What is ", cell, " in the forward pass, to four decimals?"), network_sentence(trace), formulas_of(trace, cells)
      ),
      given = given_matrices(trace, unique(start[nzchar(start)])),
      ask = "nn_check_answer(%s, 0.1234)",
      task = list(answer = as.double(answer), names = cell, mistakes = mistakes)
    ),
    helped(trace, cells, 1L, answer, paste0("Go forward for row ", rownames(step$result)[i], " alone, one matrix after the other, to ", step$formula, "."))
  )
}

# Hints and solution of the last `asked` of these cells.
helped <- function(trace, cells, asked, answer, first) {
  sums <- cell_sums(trace, cells)
  open <- sub(" = [^=]*$", " = ?", utils::tail(sums, asked))
  before <- utils::head(sums, -asked)
  list(
    # A line for each sum.
    hints = c(
      first,
      paste(c(
        if (length(before) > 0L) c("Begin so:", utils::head(before, ceiling(length(before) / 2))) else c("To be computed:", open)
      ), collapse = "\n"),
      paste(c(
        if (length(before) > 0L) c("All on the way:", before, open),
        paste0("The answer begins with ", first_digits(answer[1L]), ".")
      ), collapse = "\n")
    ),
    solution = sums
  )
}

first_digits <- function(x) {
  text <- formatC(abs(x), digits = 4, format = "f")
  paste0(if (x < 0) "-", substr(text, 1L, nchar(text) - 2L))
}

mistake <- function(value, text) list(value = as.double(value), text = text)

forward_mistakes <- function(trace, position, i, j) {
  step <- unclass(trace)$steps[[position]]
  first <- step$operands[[1L]]
  answer <- step$result[i, j]
  if (step$op == "weighted_sum") {
    weights <- step$operands[[2L]]
    bias <- step$operands[[3L]][1L, j]
    raw <- previous_sums(trace, step)
    return(c(
      list(mistake(answer - bias, "That is the sum without the bias.")),
      if (nrow(weights) == ncol(weights)) list(mistake(sum(first[i, ] * weights[j, ]) + bias, "Read down a column of the weights, not along a row: the columns are the units.")),
      if (!is.null(raw)) list(mistake(sum(raw[i, ] * weights[, j]) + bias, "The layer before hands over its activations, not its weighted inputs."))
    ))
  }
  softmax <- step$op == "softmax"
  c(
    list(mistake(first[i, j], "That is the weighted input; the activation function is still to come.")),
    if (softmax) list(mistake(1 / (1 + exp(-first[i, j])), "That is a sigmoid. The output is softmax: the exponentials of a row are divided by their sum.")),
    if (softmax) list(mistake(exp(first[i, j]), "That is the exponential alone: divide by the sum of the row's.")),
    if (is_sigmoid_step(step)) list(mistake(1 - answer, "Mind the sign in the exponent: sigmoid(z) = 1 / (1 + exp(-z))."))
  )
}

is_sigmoid_step <- function(step) identical(step$values$template, trace_functions$sigmoid$value)

# The weighted inputs of the layer before, where there is one.
previous_sums <- function(trace, step) {
  keys <- unclass(trace)$keys
  l <- match(names(step$operands)[1L], keys$a)
  if (is.na(l)) NULL else iteration_matrix(unclass(trace)$steps, 1L, keys$z[l])
}

make_backward <- function(level) {
  trace <- fresh_trace(level)
  steps <- unclass(trace)$steps
  keys <- vapply(steps, function(step) step$key, "")
  asked <- grep("^(Error_at_hidden_layer|d_hiddenlayer)", keys)
  if (level == 3L) asked <- c(asked, match("d_output", keys))
  position <- asked[sample.int(length(asked), 1L)]
  step <- steps[[position]]
  i <- sample.int(nrow(step$result), 1L)
  answer <- as.vector(step$result[i, ])
  mistakes <- backward_mistakes(trace, position, i)
  if (any(abs(answer) < 0.003) || !are_alive(trace, i) || !can_be_told(answer, mistakes)) {
    return(NULL)
  }
  # The forward pass is done: what it computed is given, but the first layer's weights and all weighted inputs nothing reads on the way back.
  cells <- cells_behind(trace, position, i, seq_along(answer), function(step) step$op == "given" || step$phase == "forward")
  layers <- unclass(trace)$keys
  shown <- given_matrices(trace, c("Y", layers$a, layers$weights[-1L], step$key))
  shown[[step$key]][i, ] <- NA
  row <- rownames(step$result)[i]
  names <- colnames(step$result)
  c(
    list(
      title = "Fill the missing row",
      question = c(
        paste0("Row ", row, " of ", step$key, " is missing (?). What are its ", length(answer), " numbers, to four decimals?"),
        network_sentence(trace), formulas_of(trace, cells)
      ),
      given = shown,
      ask = paste0("nn_check_answer(%s, c(", paste(names, "= 0.1234", collapse = ", "), "))"),
      task = list(answer = answer, names = paste0(step$key, "[", row, ", ", names, "]"), mistakes = mistakes)
    ),
    helped(trace, cells, length(answer), answer, paste0("Row ", row, " alone is enough: ", step$formula, ", and before it whatever that reads."))
  )
}

backward_mistakes <- function(trace, position, i) {
  steps <- unclass(trace)$steps
  step <- steps[[position]]
  answer <- as.vector(step$result[i, ])
  first <- as.vector(step$operands[[1L]][i, ])
  E <- iteration_matrix(steps, 1L, "E")
  flipped <- mistake(-answer, "All signs are turned: the error here is Y - output, minus the derivative of the loss, and the updates add.")
  rated <- mistake(answer * unclass(trace)$lr, "That has the learning rate in it already, which belongs to the updates alone.")
  more <- if (startsWith(step$key, "Error")) {
    weights <- step$operands[[2L]]
    last <- ncol(step$operands[[1L]]) == ncol(E) && names(step$operands)[1L] == "d_output"
    c(
      if (last) list(mistake(E[i, , drop = FALSE] %*% t(weights), "That sends E back; it is d_output that goes back, E times the slope of the output.")),
      if (nrow(weights) == ncol(weights)) list(mistake(first %*% weights, "The weights are to be transposed: each unit gets back along the weights that it sent through."))
    )
  } else if (startsWith(step$key, "d_hidden")) {
    list(mistake(first, "That is the error at the layer: the slope of its activation function is still to be multiplied."))
  } else {
    n <- nrow(step$result)
    list(mistake(answer * n, "The loss is a mean over the rows: divide by their number."))
  }
  c(list(flipped, rated), more)
}
