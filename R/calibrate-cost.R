# Decisions by what they cost: the class of the smallest expected cost, and the threshold that costs least on data.

# The class decided for each row of probabilities: of the smallest expected cost, of equals the first.
class_by_cost <- function(value, levels, cost) {
  p <- if (ncol(value) == 1L) cbind(1 - value, value, deparse.level = 0) else value
  class_of(-(p %*% cost), levels)
}

# `cost` as typed, as a matrix [truth x decision] in the order of the levels.
check_cost <- function(cost, levels, call) {
  if (inherits(cost, "nn_threshold")) {
    return(cost_of_threshold(cost, levels, call))
  }
  k <- length(levels)
  shape <- paste0("a ", k, " x ", k, " matrix of numbers: a row for each true class, a column for each decision")
  if (!is.matrix(cost) || !is_bare_number(unclass(cost)) || is.object(cost) || !is_shape(dim(cost), k, k) || !all(is.finite(cost))) {
    found <- describe_parts(cost)
    stop_backprop("argument", c("{.arg cost} must be {shape}, not {found}.", i = "The classes are {.val {levels}}."), call = call)
  }
  for (side in 1:2) {
    names <- dimnames(cost)[[side]]
    if (is.null(names)) next
    if (!setequal(names, levels)) {
      what <- c("rows", "columns")[side]
      stop_backprop("argument", c(
        "The {what} of {.arg cost} must be named as the classes, {.val {levels}}, not {.val {names}}.",
        i = "Without names they are in that order."
      ), call = call)
    }
    cost <- if (side == 1L) cost[levels, , drop = FALSE] else cost[, levels, drop = FALSE]
  }
  unname(cost + 0)
}

# Deciding for the second class above a threshold t is deciding by these costs.
cost_of_threshold <- function(threshold, levels, call) {
  t <- unclass(threshold)[["threshold"]]
  if (!is_between(t, 0, 1, closed = TRUE) || !identical(unclass(threshold)[["levels"]], levels)) {
    stop_backprop("incompatible", c(
      "{.arg cost} is a threshold of another model: its classes are not {.val {levels}}.",
      i = "{.code nn_threshold(fit, data)} makes one for this model."
    ), call = call)
  }
  matrix(c(0, 1 - t, t, 0), 2L)
}

# Costs are for decisions, and these are classes.
check_cost_wanted <- function(cost, type, call) {
  if (!is.null(cost) && type != "class") {
    stop_backprop("incompatible", c(
      "{.arg cost} goes with {.code type = \"class\"}, not with {.val {type}}.",
      i = "Costs decide which class is predicted; probabilities and numbers do not depend on them."
    ), call = call)
  }
}

#' The threshold that costs least
#'
#' For two classes: from which probability of the second one on it is to be decided for, given what wrong decisions cost. The threshold that is found is the one
#' of the smallest mean cost on `data`; beside it stands the one that the costs alone ask for, which is as good where probabilities are calibrated, and needs no data.
#'
#' With costs \eqn{c_{ij}}{c[i, j]} of deciding j where i is true, the expected cost is smallest if the second class is decided above
#' \deqn{t = \frac{c_{12}-c_{11}}{(c_{12}-c_{11})+(c_{21}-c_{22})}}{t = (c[1,2] - c[1,1]) / ((c[1,2] - c[1,1]) + (c[2,1] - c[2,2]))}
#' (Elkan 2001). For a factor of any number of levels, `predict(fit, new_data, type = "class", cost = )` decides for the class of the smallest expected cost, row by row; it
#' takes a matrix of costs or what `nn_threshold()` returns.
#'
#' @inheritParams nn_calibrate
#' @param fit A model from [nn_train()] of two classes, best one that [nn_calibrate()] has calibrated.
#' @param data Rows with their outcome that neither training nor calibration has seen, in the form that training took.
#' @param cost A 2 x 2 matrix: a row for each true class, a column for each decision, in the order of the levels or named by them. `NULL`: 1 for a wrong
#'   decision, 0 for a right one.
#' @param x A threshold.
#' @return A list of class `nn_threshold`: `threshold`; `mean_cost` of a row at it; `by_cost`, the threshold t that the costs ask for, and its
#'   `mean_cost_by_cost`; `rows`; `levels`. Thresholds lie midway between two predictions; of equal ones the nearest to t is taken.
#' @section Errors:
#' Other than two classes are an error of class `backprop_error_incompatible`, as are costs of which a wrong decision does not cost more than the right one.
#' @references Elkan, C. (2001). The foundations of cost-sensitive learning. *IJCAI 2001*, 973-978.
#' @examples
#' cars2 <- transform(mtcars, am = factor(am, labels = c("auto", "manual")))
#' fit <- nn_train(am ~ wt, data = cars2[seq(1, 32, 2), ], preset = "textbook",
#'                 hidden = c(), epochs = 500)
#' # To take a manual for an automatic costs five times as much as the reverse.
#' cost <- matrix(c(0, 5, 1, 0), 2)
#' found <- nn_threshold(fit, cars2[seq(2, 32, 2), ], cost)
#' found
#' predict(fit, cars2[1:4, ], cost = found)
#' predict(fit, cars2[1:4, ], cost = cost)
#' @export
nn_threshold <- function(fit, data, cost = NULL, ..., case_weights = NULL, offset = NULL) {
  call <- quote(nn_threshold())
  fit <- check_fit_given(fit, call)
  refuse_dots(..., known = c("fit", "data", "cost", "case_weights", "offset"), call = call)
  check_data_given(if (missing(data)) NULL else data, call)
  judged <- judge(fit, data, call, case_weights, offset)
  classes <- require_classes(fit, judged, call)
  levels <- classes$levels
  if (length(levels) != 2L) {
    stop_backprop("incompatible", c(
      "There is a threshold for two classes; the model has {length(levels)}.",
      i = "{.code predict(fit, new_data, type = \"class\", cost = )} decides among any number."
    ), call = call)
  }
  cost <- if (is.null(cost)) 1 - diag(2L) else check_cost(cost, levels, call)
  lost <- c(cost[1L, 2L] - cost[1L, 1L], cost[2L, 1L] - cost[2L, 2L])
  if (any(lost <= 0)) {
    stop_backprop("incompatible", c(
      "In each row of {.arg cost} the wrong decision must cost more than the right one.",
      i = "Rows are what is true, columns what is decided."
    ), call = call)
  }
  by_cost <- lost[1L] / sum(lost)
  at <- cheapest_threshold(classes, cost, by_cost)
  structure(
    list(
      threshold = at, mean_cost = mean_cost_at(at, classes, cost), by_cost = by_cost,
      mean_cost_by_cost = mean_cost_at(by_cost, classes, cost), rows = length(judged$weights), levels = levels
    ),
    class = "nn_threshold"
  )
}

mean_cost_at <- function(threshold, classes, cost) {
  decided <- ifelse(classes$p[, 2L] > threshold, 2L, 1L)
  stats::weighted.mean(cost[cbind(classes$code, decided)], classes$weights)
}

cheapest_threshold <- function(classes, cost, by_cost) {
  p <- sort(unique(classes$p[, 2L]))
  group <- match(classes$p[, 2L], p)
  sum_by_group <- function(values) as.double(rowsum(classes$weights * values, group))
  # What is added by deciding for the first class up to each place, and not for the second.
  added <- cumsum(sum_by_group(cost[classes$code, 1L] - cost[classes$code, 2L]))
  places <- c(if (p[1L] > 0) 0, if (length(p) > 1L) (p[-1L] + p[-length(p)]) / 2, 1)
  total <- c(if (p[1L] > 0) 0, added)
  cheapest <- which(total <= min(total) + 1e-12 * sum(classes$weights) * max(abs(cost)))
  places[cheapest[which.min(abs(places[cheapest] - by_cost))]]
}

#' @rdname nn_threshold
#' @export
print.nn_threshold <- function(x, ...) {
  shown <- unclass(x)
  number <- function(value) format(value, digits = 4)
  cat("<nn_threshold> ", encodeString(shown$levels[2L], quote = "\""), " above ", number(shown$threshold), "\n", sep = "")
  cat("Mean cost: ", number(shown$mean_cost), " on ", count_text(shown$rows, "row"), "\n", sep = "")
  cat("By costs alone: above ", number(shown$by_cost), ", mean cost ", number(shown$mean_cost_by_cost), "\n", sep = "")
  invisible(x)
}
