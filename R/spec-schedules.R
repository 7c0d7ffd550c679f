# Learning-rate schedules: objects made by one family of functions, checked where they are made.

#' Learning-rate schedules
#'
#' Give one of these as `lr_schedule =` in [nn_train()], or just its name as a string when the defaults will do:
#' `"cosine"` is `schedule_cosine()`. A schedule is a factor on `lr`; the rate of each epoch is in
#' `fit$history$lr` (with mini-batches, that of the epoch's last step).
#'
#' With e the number of finished epochs (those of an earlier fit given as `start` included; cosine and
#' one-cycle count fractions of an epoch too), the factors are:
#'
#' | schedule | factor |
#' |---|---|
#' | `schedule_constant()` | 1 |
#' | `schedule_step()` | `factor^floor(e / every)` |
#' | `schedule_exponential()` | `rate^e` |
#' | `schedule_cosine()` | `floor + (1 - floor) * (1 + cos(pi * t)) / 2`, t the share of the period that has passed; with `restarts` it begins again after each period, which is `growth` times as long as the one before, without it the floor stays |
#' | `schedule_one_cycle()` | along half a cosine from `start` up to 1 in the first share `rise` of `total` epochs, then down to `floor` |
#' | `schedule_plateau()` | multiplied by `factor` when the loss (on validation rows, where there are any) has not fallen by more than the share `tolerance` for `patience` epochs; never below `floor` |
#'
#' | argument | default | range | meaning |
#' |---|---|---|---|
#' | `factor` | 0.5 | above 0, at most 1 (plateau: below 1) | what the rate is multiplied by |
#' | `every` | `NULL` | 1 or more | epochs between steps; `NULL` is a quarter of `epochs` |
#' | `rate` | 0.99 | above 0, at most 1 | factor per epoch |
#' | `period` | `NULL` | 1 or more | epochs of the first period; `NULL` is `epochs` |
#' | `restarts` | `TRUE` | | whether the cosine begins again |
#' | `growth` | 1 | 1 or more | factor on the length of each further period |
#' | `total` | `NULL` | 1 or more | epochs of the cycle; `NULL` is `epochs` |
#' | `rise` | 0.3 | above 0, below 1 | share of the cycle that rises |
#' | `start` | 0.04 | 0 to 1 | factor at the beginning of the cycle |
#' | `floor` | 0 (one-cycle: 4e-6) | 0 to 1 | lowest factor |
#' | `patience` | 10 | 1 or more | epochs without improvement |
#' | `tolerance` | 1e-4 | 0 or more | relative fall that counts as improvement |
#' | `warmup` | 0 | 0 or more | epochs in which the rate first rises linearly: in the first w epochs the factor is multiplied by `(e + 1) / (w + 1)` |
#'
#' A `NULL` is replaced by its number when training begins, so a fit that goes on with `start =`
#' continues the same curve; give the number of all epochs if you mean to train in parts.
#'
#' @param factor,every,rate,period,restarts,growth,total,rise,start,floor,patience,tolerance,warmup See the table.
#' @return A list of class `nn_schedule` with `name` and the numbers.
#' @section Errors:
#' A number out of its range is an error of class `backprop_error_argument`. `rprop` and `lbfgs` find their own
#' steps and take no schedule but the constant one.
#' @references Loshchilov and Hutter (2017), SGDR: stochastic gradient descent with warm restarts. Smith and Topin (2019), Super-convergence.
#' @seealso [nn_train()], [optimizers]
#' @examples
#' schedule_cosine(period = 50, warmup = 5)
#' fit <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 epochs = 20, lr = 0.5, lr_schedule = "cosine", seed = 1)
#' fit$history$lr
#' @name schedules
NULL

new_schedule <- function(name, ...) {
  new_hyperparameters("nn_schedule", schedule_fields, name, list(...), call(paste0("schedule_", name)))
}

#' @rdname schedules
#' @export
schedule_constant <- function(warmup = 0) new_schedule("constant", warmup = warmup)

#' @rdname schedules
#' @export
schedule_step <- function(factor = 0.5, every = NULL, warmup = 0) {
  new_schedule("step", factor = factor, every = check_epochs(every, "every", quote(schedule_step())), warmup = warmup)
}

#' @rdname schedules
#' @export
schedule_exponential <- function(rate = 0.99, warmup = 0) {
  new_schedule("exponential", rate = rate, warmup = warmup)
}

#' @rdname schedules
#' @export
schedule_cosine <- function(period = NULL, floor = 0, restarts = TRUE, growth = 1, warmup = 0) {
  new_schedule("cosine",
    period = check_epochs(period, "period", quote(schedule_cosine())), floor = floor, restarts = restarts, growth = growth, warmup = warmup
  )
}

#' @rdname schedules
#' @export
schedule_one_cycle <- function(total = NULL, rise = 0.3, start = 0.04, floor = 4e-6, warmup = 0) {
  new_schedule("one_cycle",
    total = check_epochs(total, "total", quote(schedule_one_cycle())), rise = rise, start = start, floor = floor, warmup = warmup
  )
}

#' @rdname schedules
#' @export
schedule_plateau <- function(factor = 0.5, patience = 10, tolerance = 1e-4, floor = 0, warmup = 0) {
  new_schedule("plateau",
    factor = factor, patience = patience, tolerance = tolerance, floor = floor, warmup = warmup
  )
}

check_share <- function(x, arg) check_between(x, arg, 0, 1, closed = TRUE)

# A number of epochs; NA stands for one that the training will fill in.
check_epochs <- function(x, arg, call) if (is.null(x)) NA_real_ else check_between(x, arg, 1, Inf, call = call)

#' @export
print.nn_schedule <- function(x, ...) {
  check_hyperparameters(x, "x", "nn_schedule", schedule_fields, quote(print()))
  cat("<nn_schedule> ", describe_schedule(x), "\n", sep = "")
  invisible(x)
}

describe_schedule <- function(schedule) {
  hyperparameters <- hyperparameters_of(schedule)
  if (schedule$warmup == 0) {
    hyperparameters$warmup <- NULL
  }
  if (length(hyperparameters) == 0L) {
    return(schedule$name)
  }
  values <- vapply(hyperparameters, function(hyperparameter) if (is.na(hyperparameter)) "by epochs" else format(hyperparameter, digits = 7), "")
  paste0(schedule$name, " (", paste(names(hyperparameters), "=", values, collapse = ", "), ")")
}

# A name or an object, with what depends on the number of epochs filled in.
read_schedule <- function(x, epochs, optimizer, arg = "lr_schedule") {
  if (inherits(x, "nn_schedule")) {
    check_hyperparameters(x, arg, "nn_schedule", schedule_fields)
  } else {
    name <- check_choice(x, arg, names(schedules))
    x <- c(list(name = name), schedule_defaults[[name]])
    class(x) <- "nn_schedule"
  }
  if (optimizers[[optimizer]]$own_steps && !(x$name == "constant" && x$warmup == 0)) {
    stop_incompatible(
      "{.code optimizer = \"{optimizer}\"} finds its own steps and takes no {.arg {arg}}.",
      "Leave {.arg {arg}} out, or use another optimizer, such as {.val adam}.",
      optimizer = optimizer, arg = arg
    )
  }
  if (x$name == "constant") {
    return(x)
  }
  whole <- max(1, epochs)
  defaults <- c(every = max(1, round(whole / 4)), period = whole, total = whole)
  for (name in intersect(names(x), names(defaults))) {
    if (is.na(x[[name]])) x[[name]] <- defaults[[name]]
  }
  x
}

# Of what is not the learning rate: NULL is constant, and there is no loss that a plateau could look at.
read_factor_schedule <- function(x, epochs, optimizer, arg) {
  if (is.null(x)) {
    return(constant_schedule)
  }
  x <- read_schedule(x, epochs, optimizer, arg)
  if (schedules[[x$name]]$waits_for_loss) {
    stop_incompatible(
      "{.arg {arg}} does not know {.val {name}}, which waits for the loss.", "Use {.val cosine}, {.val step}, {.val exponential} or {.val one_cycle}.",
      arg = arg, name = x$name
    )
  }
  x
}

# Made once: the schedule of most fits.
constant_schedule <- schedule_constant()
