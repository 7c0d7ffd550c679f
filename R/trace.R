# Traces a few iterations of training: the object, the methods that make it, and access to its parts.
#
# The object (class `nn_trace`) is a plain list:
#   steps       list of `nn_trace_step`, in the order in which they happen (see below)
#   iterations  data frame with a row per iteration: iteration, epoch, lr, rows (of the step), loss (of the step's rows,
#               before the update), loss_before and loss_after (of all rows, before and after the update)
#   network     sizes, activation, output, loss, optimizer, as resolved; settings: all settings as in a fit
#   lr          learning rate of the first iteration
#   loss        c(before =, after =): loss of all rows before the first and after the last iteration
#   names       inputs, hidden (a list, one element per hidden layer), outputs, rows
#   keys        the article's names by layer: weights, biases, z, a, slope, error, delta
#   start, end  weights and biases before the first and after the last iteration, in the form of `start =`
#   engine      the specification as the engine had it, for data that are scaled already (as the recorded X and Y are);
#   mean_weight mean of the case weights of all rows (1 without)
# A step (class `nn_trace_step`) is a plain list:
#   iteration, epoch, number (the article's, 0 to 11; 12 for a family's own parameters), layer (1 to the output layer's; 0 for X)
#   key         the article's name of the matrix that the step writes: X, Y, wh, bh, wout, bout, hidden_layer_input,
#               hiddenlayer_activations, output_layer_input, output, E, slope_output_layer, slope_hidden_layer,
#               d_output, Error_at_hidden_layer, d_hiddenlayer. With several hidden layers those of hidden layers end
#               in the layer's number. Other rules than gradient descent add gradient_wout, velocity_wout, mean_wout, ...
#               as steps 10 and 11; case_weights and offset may stand in step 0, dropout in step 3.
#   name        the same in words
#   phase       "start", "forward", "backward" or "update"
#   op          how it is computed: "given", "weighted_sum", "cell" (cell by cell, by a template), "softmax", "back",
#               "descend_weights", "descend_biases", "gradient_weights", "gradient_biases", "engine" (no formula known)
#   formula     in symbols, as R would write it: "hidden_layer_input = X %*% wh + bh"
#   operands    named list of the matrices read (biases are matrices of one row)
#   reads       named list, one element per operand, c(rows, columns), each "i" (the cell's row), "j" (the cell's
#               column), "all" or "one": which of the operand's cells make cell [i, j] of the result;
#               trace_reads(step, i, j) gives their places
#   result      matrix with dimnames
#   changed     logical matrix, for what existed before (new weights and biases, what an optimizer keeps): which cells
#               changed; NULL for what is new
#   shape       "(3 x 4) %*% (4 x 3) + (1 x 3) = (3 x 3)"
#   note        a sentence or NULL
#   values      what the formula needs besides the operands (template, scalars, lr)
# trace_numbers(step, i, j) gives the sum behind a cell with its numbers, as text;
# trace_difference(trace, position, i, j) checks a cell against finite differences (NULL where there is none).

#' Trace training, step by step
#'
#' Runs a few iterations of training on the real engine, which records every matrix that it computes, and gives them
#' back as the steps 0 to 11 of the textbook: inputs and start, forward pass, errors and slopes, backward pass,
#' update. Any network that [nn_train()] trains can be traced: any depth, activation, loss, batch size and optimizer.
#' The numbers are those of training: a traced run gives the same weights, to the last bit, as one that is not traced.
#'
#' | step | matrix | what |
#' |---|---|---|
#' | 0 | `X`, `Y` | the rows of the iteration |
#' | 1 | `wh`, `bh`, `wout`, `bout` | weights and biases |
#' | 2 | `hidden_layer_input` | `X %*% wh + bh` |
#' | 3 | `hiddenlayer_activations` | the activation function of it |
#' | 4 | `output_layer_input`, `output` | the same for the output layer |
#' | 5 | `E` | the error, `Y - output` under `sse`; in general minus the derivative of the loss by the output |
#' | 6 | `slope_output_layer`, `slope_hidden_layer` | derivatives of the activation functions |
#' | 7 | `d_output` | `E * slope_output_layer` |
#' | 8 | `Error_at_hidden_layer` | `d_output %*% t(wout)` |
#' | 9 | `d_hiddenlayer` | `Error_at_hidden_layer * slope_hidden_layer` |
#' | 10 | `wout`, `wh` | new weights |
#' | 11 | `bh`, `bout` | new biases |
#' | 12 | `log_theta`, `log_phi` or `log_steps` | what a family (see [nn_family()]) trains of its own, new; as it was in step 1 |
#'
#' With several hidden layers the names of hidden matrices end in the layer's number (`wh1`, `wh2`, ...), and steps 2,
#' 3, 8 and 9 occur once per layer; without hidden layers they do not occur. Case weights and an offset, where there
#' are any, stand in step 0 (`case_weights`, `offset`), what dropout drew in step 3 (`dropout`). Under optimizers
#' other than gradient descent, with a penalty or clipping, steps 10 and 11 also show the gradient (`gradient_wout`)
#' and what the optimizer keeps (`velocity_wout`, `mean_square_wout`, ...).
#' Where output and loss belong together (sigmoid or softmax with a cross-entropy, exp with Poisson) the slope
#' cancels: `d_output` is
#' `Y - output` (divided by the number of rows) in one piece, and steps 5 and 6 are shown for information.
#' Some losses of families have derivatives that are no sum of a few terms (`beta`, `ordinal`, `cox`, `location_scale`): there the trace shows what the
#' engine computed, and a note says in words what it is. `Y` is as the engine takes it: the class from 0 under `ordinal`, time and status under `cox`, -1
#' for intervals in which a row is not at risk under `discrete_hazard`.
#'
#' @param X Inputs, as for [nn_train()].
#' @param Y Outcome, as for [nn_train()].
#' @param formula,data A formula and a data frame, as for [nn_train()].
#' @param hidden,lr,start As for [nn_train()].
#' @param iterations How many iterations to trace: updates of the weights. With full batches an iteration is an epoch.
#'   Its old name `steps` is understood.
#' @param ... Further arguments of [nn_train()] (`activation`, `loss`, `optimizer`, `batch_size`, `seed`, ...), but
#'   not `epochs` and `restarts`.
#' @param fit A model from [nn_train()]: the trace goes on from its weights, with its settings. Give `X` and `Y` in
#'   the form that training took, for a model trained by formula the data frame alone as `X`; nothing for a model that
#'   keeps its data.
#' @return A list of class `nn_trace`. `trace[[7]]` is its seventh matrix, `trace[["d_output"]]` that of the first
#'   iteration,
#'   `trace[["d_output", 2]]` of the second, `trace[["wout", phase = "update"]]` the new weights; `trace[1:3]` is a
#'   shorter trace. Its elements:
#' \describe{
#'   \item{`steps`}{the steps, in order. Each is a list of class `nn_trace_step` with `iteration`, `epoch`, `number`
#'     (0 to 12), `layer`, `key` (the names of the table above), `name`, `phase`, `formula`, `operands` (named list of
#'     matrices), `reads` (which of their cells a cell of the result is made from), `result` (a matrix), `changed`,
#'     `shape` and `note`}
#'   \item{`iterations`}{data frame with a row per iteration: `iteration`, `epoch`, `lr`, `rows`, `loss` (of these
#'     rows), `loss_before` and
#'     `loss_after` (of all rows)}
#'   \item{`loss`}{loss of all rows before the first and after the last iteration}
#'   \item{`start`, `end`}{weights and biases (and `ancillary`, what a family trains of its own) before and after, in the form that `start =` takes}
#'   \item{`network`, `settings`, `lr`, `names`, `keys`}{what was traced}
#' }
#' @section Errors:
#' Those of [nn_train()]. Whatever takes a trace checks its fields: an edited or truncated one is an error of class `backprop_error_edited_trace`. A recording that would not fit into memory is refused with its size (class
#' `backprop_error_memory`). Large matrices are always computed and recorded in full; only what is shown is cut, with
#' a note.
#' @seealso [print.nn_trace()], [summary.nn_trace()], [as.data.frame.nn_trace()], [nn_write_trace()],
#'   [nn_check_gradient()]
#' @examples
#' X <- matrix(c(1,0,1,0, 1,0,1,1, 0,1,0,1), nrow = 3, byrow = TRUE)
#' Y <- matrix(c(1, 1, 0))
#' trace <- nn_trace(X, Y, hidden = 3, lr = 0.1, seed = 1)
#' trace[["hidden_layer_input"]]
#' summary(trace)
#'
#' # Any network: a mini-batch, two hidden layers, softmax, Adam
#' deep <- nn_trace(Species ~ ., data = iris, hidden = c(4, 3), activation = "tanh",
#'                  optimizer = "adam", batch_size = 5, seed = 1)
#' deep[["d_output"]]
#'
#' # Going on from a model
#' fit <- nn_train(X, Y, epochs = 100, seed = 1)
#' nn_trace(fit, X, Y)[["E"]]
#' @export
nn_trace <- function(...) {
  UseMethod("nn_trace", trace_subject(evaluate_dots(...), quote(nn_trace())))
}

# What decides the method: a fit that is called so or comes first, as in nn_trace(fit, X = X, Y = Y); else X, else the formula.
trace_subject <- function(arguments, call) {
  names <- names_of(arguments)
  first <- utils::head(which(names == ""), 1L)
  fits <- vapply(arguments, inherits, NA, "nn_fit") & (names == "fit" | seq_along(names) %in% first)
  at <- c(which(fits), which(names == "X"), which(names == "formula"), which(names == ""))
  if (length(at) == 0L) {
    stop_backprop(
      "missing_argument", "{.arg X} is missing: give a matrix or a data frame of inputs, a formula, or a fit.",
      call = call
    )
  }
  arguments[[at[1L]]]
}

# The generic dispatched on what was called X.
stop_called_x <- function(arg, what, call) {
  stop_backprop("unknown_argument", "Give the {what} as the first argument or as {.arg {arg}}, not as {.arg X}.", call = call)
}

names_of <- function(x) if (is.null(names(x))) character(length(x)) else names(x)

#' @rdname nn_trace
#' @export
nn_trace.default <- function(X, Y, hidden = 3, lr = NULL, start = NULL, iterations = 1, ...) {
  typed <- c(!missing(hidden), !missing(lr), !missing(start), !missing(iterations))
  typed <- list(hidden = hidden, lr = lr, start = start, iterations = iterations)[typed]
  trace_training(c(list(X), if (!missing(Y)) list(Y), typed, list(...)))
}

#' @rdname nn_trace
#' @export
nn_trace.formula <- function(formula, data, hidden = 3, lr = NULL, start = NULL, iterations = 1, ...) {
  if (missing(formula)) stop_called_x("formula", "formula", quote(nn_trace()))
  typed <- c(!missing(hidden), !missing(lr), !missing(start), !missing(iterations))
  typed <- list(hidden = hidden, lr = lr, start = start, iterations = iterations)[typed]
  trace_training(c(list(formula), if (!missing(data)) list(data = data), typed, evaluate_dots(...)))
}

#' @rdname nn_trace
#' @export
nn_trace.nn_fit <- function(fit, X, Y, iterations = 1, ...) {
  call <- quote(nn_trace())
  if (missing(fit)) stop_called_x("fit", "model", call)
  data <- list(X = if (!missing(X)) X, Y = if (!missing(Y)) Y)
  others <- c(dots_of_fit(fit, ...), if (!missing(iterations)) list(iterations = iterations))
  iterations <- traced_iterations(others, call)
  others <- others[!names_of(others) %in% c("iterations", "steps")]
  undoing_draws(new_trace(train_recorded(fit_arguments(fit, data, others, call), iterations, call)))
}

# How many iterations to trace: `iterations`, or `steps`, as it was called in version 0.1.
traced_iterations <- function(arguments, call) {
  given <- intersect(c("iterations", "steps"), names(arguments))
  if (length(given) == 0L) return(1L)
  if (length(given) == 2L) {
    stop_backprop("unknown_argument", "{.arg steps} is the old name of {.arg iterations}: give one of them.", call = call)
  }
  check_count(arguments[[given]], given, call = call)
}

# Only beside a formula's data may arguments name columns.
dots_of_fit <- function(fit, ...) if (is.list(fit) && identical(fit[["interface"]], "formula")) evaluate_dots(...) else list(...)

# Dots as a list. What may name columns of the data stays a quosure, for nn_train() to evaluate there.
evaluate_dots <- function(...) {
  dots <- rlang::enquos(..., .ignore_empty = "all")
  lazy <- names_of(dots) %in% c("case_weights", "offset", "subset")
  values <- lapply(seq_along(dots), function(i) if (lazy[i]) dots[[i]] else rlang::eval_tidy(dots[[i]]))
  stats::setNames(values, names(dots))
}

# The arguments with which nn_train() goes on from a fit, on `data` (X and Y) or on what the fit keeps.
fit_arguments <- function(fit, data, others, call) {
  fit <- validate_fit(fit, "fit", call)
  if ("start" %in% names(others)) {
    stop_backprop("unknown_argument", "With a model there is no {.arg start}: it goes on from the model.", call = call)
  }
  kept <- if (is.null(data$X) && is.null(others$data)) fit$data
  if (has_one_table(fit$interface)) {
    table <- if (!is.null(data$X)) data$X else if (!is.null(others$data)) others$data else fit$data$data
    others$data <- NULL
    # The formula or recipe only chooses the method: a fit that goes on has its own.
    first <- list(if (fit$interface == "formula") formula(fit) else fit$blueprint$recipe, data = table)
    missing <- is.null(table)
  } else {
    first <- list(if (is.null(data$X)) fit$data$X else data$X, if (is.null(data$Y)) fit$data$Y else data$Y)
    missing <- any(vapply(first, is.null, NA))
  }
  if (missing) {
    stop_backprop("no_data", c(
      "The data are missing, and the model keeps none.",
      i = paste(
        "Give {.arg X} and {.arg Y} (for a model trained by formula or recipe the data frame as {.arg X}),",
        "or train with {.code keep = \"data\"}."
      )
    ), call = call)
  }
  c(first, list(start = fit), kept_weights(kept, others), others)
}

# Kept data come with the weight that each row had in training, 0 for those held out: no row is to be weighted or held
# out again.
kept_weights <- function(kept, others) {
  if (!is.null(kept$case_weights)) {
    kept <- c(kept, list(class_weights = NULL, validation = NULL))
  }
  kept <- kept[names(kept) %in% c("case_weights", "offset", "class_weights", "validation")]
  kept[setdiff(names(kept), names(others))]
}

trace_training <- function(arguments) {
  call <- quote(nn_trace())
  iterations <- traced_iterations(arguments, call)
  arguments <- arguments[!names_of(arguments) %in% c("iterations", "steps")]
  if ("restarts" %in% names(arguments)) {
    stop_backprop("unknown_argument", "{.fn nn_trace} traces one training and takes no {.arg restarts}.", call = call)
  }
  if ("epochs" %in% names(arguments)) {
    stop_backprop("unknown_argument", c(
      "{.fn nn_trace} takes {.arg iterations}, not {.arg epochs}.",
      i = "With full batches an iteration is an epoch."
    ), call = call)
  }
  undoing_draws(new_trace(train_recorded(arguments, iterations, call)))
}

# One network, of those that the table's preset would train as well.
traced_alone <- function(arguments, call) {
  asked <- c(ensemble = is_whole(arguments$ensemble, 2), bootstrap = isTRUE(arguments$bootstrap), blend = length(arguments$blend) > 0L)
  for (arg in names(asked)[asked]) {
    stop_backprop("ensemble", "One training is recorded, of one network: leave {.arg {arg}} out.", call = call)
  }
  if (is_ensemble(arguments$start)) validate_fit(arguments$start, "start", call)
  if (identical(arguments$preset, "table")) {
    arguments$ensemble <- 1
    arguments["blend"] <- list(NULL)
  }
  arguments
}

# What nn_train() does with these arguments, recorded. Its errors speak of the function that was called.
train_recorded <- function(arguments, iterations, call, epochs = iterations, hint = "trace fewer iterations, or fewer rows in each") {
  if (is.null(arguments$preset)) arguments$preset <- "textbook"
  arguments <- traced_alone(arguments, call)
  recorder <- new_recorder(iterations, epochs)
  tryCatch(
    train_requested(do.call("request_training", arguments, quote = TRUE), recorder),
    backprop_error = function(cnd) {
      cnd$call <- call
      if (iterations > 0L && inherits(cnd, "backprop_error_memory")) {
        cnd$body <- c(cnd$body, i = paste0("Most of it may be the recording: ", hint, "."))
      }
      rlang::cnd_signal(cnd)
    }
  )
  recorder$recorded()
}
