# The playground: a page on which a network learns while one watches and changes it.

#' Play with a network
#'
#' Opens a page on which a network learns while you watch: the boundary (or surface) that it draws, the loss on training and validation rows, what each
#' unit answers, and every weight. Data, features, layers, activation, optimizer, rate and the rest can be changed at any time; training can be
#' paused, made to go epoch by epoch, begun again and taken back. It is a Shiny app, and runs on this computer; nothing is fetched from elsewhere.
#'
#' @section On the page:
#' * *Play* trains until it is pressed again, *Step* for one epoch, *Restart* from the start that the seed draws. Another learning rate, penalty or dropout
#'   holds from the epoch shown on; any other change begins anew.
#' * The large picture has two inputs along its axes. Blue stands for positive numbers and the second of two classes, orange for negative ones and the
#'   first; white is nothing (dark where the system is dark). Rows that validate are hollow. Further inputs are held at their median or commonest level, as the page says.
#' * In the network, lines are weights: the thicker the larger, dashed where negative. Each unit is its own small picture over the same two inputs. Pointing at a
#'   unit, or moving to it by the keyboard, shows its picture at large and its weights as numbers.
#' * The slider goes back through the epochs; of long trainings some hundred are kept. Playing goes on from the epoch shown.
#' * *The next step* leads to the page of [nn_view()] of the next update, from the weights on the screen.
#' * The code is that of the state shown: run in a new session, it gives the same weights to the last bit.
#'
#' Training goes in slices of a twentieth of a second, so that every button answers at once; of data so large that a single epoch takes
#' longer, that epoch is waited for. Each browser window has a training of its own, which ends when the window is closed.
#'
#' @param data The name of toy data, see [nn_toy_data()], or a data frame with two or more input columns.
#' @param formula With a data frame, what to predict from what, as in [nn_train()]: one outcome, a factor or a number. `NULL`: the last
#'   column from all others. Rows with missing values are left out.
#' @param hidden,activation,optimizer,lr,batch_size,init,penalty,dropout,validation What the page begins with, as in [nn_train()]: at most 4 hidden layers of
#'   at most 8 units, one activation for all of them. `lr = NULL` is a rate that suits the page. `validation = 0` holds no rows back.
#' @param noise With toy data, their `noise`.
#' @param seed A whole number: the start of the network, the rows held back, and the order of rows.
#' @return A [shiny::shinyApp()] object: printing it, as typing the call at the prompt does, opens the page.
#' @section Errors:
#' Those of [nn_train()] for the data, formula and settings; other outcomes than one factor, logical or number; data with fewer than two input columns; larger networks
#' than fit on the page; a missing package shiny.
#' @seealso [nn_toy_data()], [nn_train()], [nn_view()]
#' @examplesIf requireNamespace("shiny", quietly = TRUE)
#' app <- nn_playground("spirals", hidden = c(8, 8), seed = 1)
#' if (interactive()) {
#'   app
#'   nn_playground(iris, Species ~ .)
#' }
#' @export
nn_playground <- function(data = "circles", formula = NULL, hidden = c(4, 2), activation = "tanh", optimizer = "adam", lr = NULL, batch_size = 32,
                          init = NULL, penalty = 0, dropout = 0, validation = 0.3, noise = 0.05, seed = 1) {
  call <- quote(nn_playground())
  expression <- substitute(data)
  if (inherits(data, "formula") && is.data.frame(formula)) {
    # The order of nn_train().
    expression <- substitute(formula)
    swapped <- data
    data <- formula
    formula <- swapped
  }
  rlang::check_installed(c("shiny", "htmltools", "jsonlite"), "to open the playground.")
  source <- play_source(data, formula, expression, call)
  settings <- check_play(list(
    data = if (is.null(source)) data, noise = noise, hidden = hidden, activation = activation, optimizer = optimizer, lr = lr,
    batch_size = batch_size, init = init, penalty = penalty, dropout = dropout, validation = validation, seed = seed
  ), call)
  # What cannot be trained is refused here, not on the page.
  play <- tryCatch(new_play(settings, source), backprop_error = function(cnd) {
    if (inherits(cnd, "backprop_error_empty") && NROW(source$data) > 0L) stop_without_rows(source$data, call)
    cnd$call <- call
    rlang::cnd_signal(cnd)
  })
  check_playable(play, call)
  shiny::shinyApp(play_ui(play), play_server(play))
}

# The user's own data, or NULL for toy data.
play_source <- function(data, formula, expression, call) {
  if (is.character(data)) {
    check_choice(data, "data", names(toy_shapes), call)
    if (!is.null(formula)) {
      stop_backprop("argument", c("Toy data have no {.arg formula}.", i = "Their features are chosen on the page."), call = call)
    }
    return(NULL)
  }
  if (!is.data.frame(data)) {
    stop_argument("data", "a data frame or the name of toy data", data, hint = "`as.data.frame()` makes one of a matrix or a list.", call = call)
  }
  if (is.null(formula)) {
    if (ncol(data) < 3L) {
      stop_backprop("inputs", c(
        "{.arg data} must have an outcome, the last column, and two inputs; it has {ncol(data)} column{?s}.",
        i = "A {.arg formula} says what is predicted from what."
      ), call = call)
    }
    unnamed <- as.character(which(is.na(names(data)) | !nzchar(names(data))))
    if (length(unnamed) > 0L) {
      stop_backprop("inputs", "{cli::qty(length(unnamed))}Column{?s} {unnamed} of {.arg data} {?has/have} no name.", call = call)
    }
    last <- names(data)[ncol(data)]
    formula <- stats::as.formula(call("~", as.name(last), quote(.)), env = baseenv())
  } else if (!inherits(formula, "formula") || length(formula) != 3L) {
    stop_argument("formula", "a formula with an outcome on its left", formula, call = call)
  }
  # What is no name or short call is not repeated in the code that the page shows.
  short <- is.language(expression) && sum(nchar(deparse(expression))) <= 500L
  list(data = data, formula = formula, expression = if (short) expression else quote(data))
}

# The playground has no `na_action` to recommend.
stop_without_rows <- function(data, call) {
  empty <- names(data)[vapply(data, function(column) all(is.na(column)), NA)]
  stop_backprop("empty", c(
    "No row of {.arg data} is left: all {nrow(data)} have a missing value.",
    x = if (length(empty) > 0L) "Without a single value: {.val {empty}}.",
    i = "Leave columns with many gaps out, or fill these in before."
  ), call = call)
}

# The settings as the page has them.
check_play <- function(settings, call) {
  settings$hidden <- check_play_hidden(settings$hidden, call)
  check_choice(settings$activation, "activation", names(activations), call)
  check_choice(settings$optimizer, "optimizer", names(optimizers), call)
  if (!is.null(settings$init)) check_choice(settings$init, "init", names(inits), call)
  settings$lr <- if (is.null(settings$lr)) play_rate(settings$optimizer) else check_positive(settings$lr, "lr", call)
  settings$batch_size <- check_count(settings$batch_size, "batch_size", call = call)
  settings$noise <- check_between(settings$noise, "noise", 0, 1000, closed = TRUE, call = call)
  settings$penalty <- check_between(settings$penalty, "penalty", 0, Inf, call = call)
  settings$dropout <- check_between(settings$dropout, "dropout", 0, 1, call = call)
  settings$validation <- check_between(settings$validation, "validation", 0, 1, call = call)
  settings$seed <- check_seed(settings$seed, call)
  begun <- default_play_settings()
  given <- settings[!vapply(settings, is.null, NA)]
  begun[names(given)] <- given
  begun
}

check_play_hidden <- function(hidden, call) {
  fits <- length(hidden) <= play_limits$layers && (length(hidden) == 0L || is_bare_number(hidden) && are_unit_counts(hidden) && all(hidden <= play_limits$units))
  if (!fits) {
    expected <- sprintf("at most %d whole numbers from 1 to %d", play_limits$layers, play_limits$units)
    stop_argument("hidden", expected, hidden, hint = "Larger networks do not fit on the page.", call = call)
  }
  as.integer(hidden)
}

play_rate <- function(optimizer) if (optimizer %in% names(play_rates)) play_rates[[optimizer]] else optimizers[[optimizer]]$lr

check_playable <- function(play, call) {
  outcome <- play$fit$outcome
  columns <- names(needed_columns(play$fit$blueprint))
  if (!outcome$kind %in% c("factor", "logical", "numeric") || outcome$k > 1L && outcome$kind != "factor") {
    stop_backprop("incompatible", c(
      "The playground draws one outcome, a factor or a number.",
      i = "{.fn nn_train} trains others."
    ), call = call)
  }
  strange <- Filter(function(name) is.null(play$data[[name]]) || !is.null(dim(play$data[[name]])), columns)
  if (length(strange) > 0L) {
    stop_backprop("inputs", c(
      "The playground draws columns of {.arg data}; {.val {strange}} {?is/are} none.",
      i = "Put {cli::qty(length(strange))}{?it/them} into the data frame, a column for each input."
    ), call = call)
  }
  if (length(columns) < 2L) {
    stop_backprop("inputs", c(
      "The playground draws two inputs, but the formula uses {length(columns)} column{?s}.",
      i = "Give data with two input columns or more."
    ), call = call)
  }
}
