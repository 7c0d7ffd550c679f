# A series as a table of its own past, from which a network learns to go on with it.

#' A series as a table of its past
#'
#' Makes of a series, or of several in one table, what `nn_train(y ~ ., data = )` learns a forecast from: in each row a value and those that came before it. Only
#' what was known before the value stands beside it. [nn_forecast()] goes on from there.
#'
#' @param data Numbers in the order of time: a vector, a `ts`, or a data frame with a column of them. None may be missing.
#' @param column In a data frame, the name of the column.
#' @param lags Which earlier values stand in a row: 1 is the last one that was known. For a season of 12 let 12 be among them.
#' @param horizon How many steps ahead are learnt at once. 1: the outcome is the next value, and further ones are forecast step by step. More: the outcome is
#'   a matrix with a column for each step, of a network with as many outputs.
#' @param difference 0, or a number d of steps: the network learns changes \eqn{y_t - y_{t-d}}{y[t] - y[t-d]} from changes, which are added up again in forecasts. For a
#'   series whose level wanders, 1 is mostly better, since networks do not go beyond what they have seen.
#' @param group In a data frame of several series, the name of the column that tells them apart. It becomes an input.
#' @param time In a data frame, the name of a column of times: dates, date-times or numbers, which must ascend by equal steps (of days, of months, of seconds) in each
#'   series.
#' @param calendar What of the calendar of the value that is forecast first becomes a factor among the inputs: `"season"` of a `ts`; `"month"`, `"quarter"`, `"weekday"` of
#'   dates; also `"hour"` of date-times.
#' @return A data frame of class `nn_lag` with a row for every value that has all its lags: the outcome (called `y` where the series has no name; with a
#'   `horizon` above 1 a matrix), `<outcome>_lag1` and so on, the calendar, and the group. Its rows are named by their time. Rows may be picked, to train on some; how
#'   the table was made is kept, and goes along with the fit.
#' @section Errors:
#' Missing values (class `backprop_error_missing`); gaps, irregular steps, rows that are not sorted and times that come twice (class
#' `backprop_error_time`); a series too short for one row (class `backprop_error_short`); a calendar that the times do not tell (class
#' `backprop_error_incompatible`).
#' @examples
#' table <- nn_lag(log(AirPassengers), lags = 1:12, difference = 1, calendar = "season")
#' table[1:2, 1:4]
#' fit <- nn_train(y ~ ., data = table, preset = "textbook", hidden = 4,
#'                 activation = "tanh", standardize = TRUE, optimizer = "adam",
#'                 epochs = 200, seed = 1)
#' nn_forecast(fit, log(AirPassengers), h = 3, seed = 1)
#'
#' # Several series in one table:
#' trees <- nn_lag(Orange, "circumference", lags = 1:2, group = "Tree")
#' head(trees, 3)
#' @export
nn_lag <- function(data, column = NULL, lags = 1:12, horizon = 1, difference = 0, group = NULL, time = NULL, calendar = NULL) {
  call <- quote(nn_lag())
  if (missing(data)) {
    stop_backprop("missing_argument", "{.arg data} is missing: give a series.", call = call)
  }
  spec <- list(
    lags = check_lags(lags, call), horizon = check_count(horizon, "horizon", call = call), difference = check_count(difference, "difference", min = 0, call = call)
  )
  spec <- c(spec, check_series_columns(data, column, group, time, call))
  series <- read_series(data, spec, call)
  clock <- series[[1L]]$clock
  spec <- c(spec, list(calendar = check_calendar(calendar, clock, call), kind = clock$kind, step = as.double(clock$step)))
  check_lag_names(spec, call)
  tables <- lapply(series, lag_one, spec, call)
  table <- if (length(tables) == 1L) tables[[1L]] else do.call(rbind, tables)
  attr(table, "lag") <- spec
  class(table) <- c("nn_lag", "data.frame")
  table
}

check_lags <- function(lags, call) {
  if (!is_bare_number(lags) || length(lags) == 0L || !is_whole_each(lags, 1)) {
    stop_argument("lags", "one or more whole numbers, 1 or more, such as `1:12`", lags, call = call)
  }
  sort(unique(as.integer(lags)))
}

# Which columns of a data frame are what; a series alone has none, and is called y.
check_series_columns <- function(data, column, group, time, call) {
  if (!is.data.frame(data)) {
    given <- c(column = !is.null(column), group = !is.null(group), time = !is.null(time))
    if (any(given)) {
      arg <- names(given)[given][1L]
      stop_series("incompatible", "{.arg {arg}} names a column, and {.arg data} is no data frame.", "Leave it out, or give a data frame.", call, arg = arg)
    }
    return(list(column = "y"))
  }
  named <- list(column = column, group = group, time = time)
  for (arg in names(named)) {
    if (is.null(named[[arg]]) && arg != "column") next
    check_choice(named[[arg]], arg, names(data), call)
  }
  if (anyDuplicated(unlist(named)) > 0L) {
    stop_backprop("incompatible", "{.arg column}, {.arg group} and {.arg time} must be different columns.", call = call)
  }
  named[!vapply(named, is.null, NA)]
}

# The columns of the table must not have one name twice.
check_lag_names <- function(spec, call) {
  names <- c(spec$column, lag_names(spec), spec$calendar, spec$group)
  twice <- names[duplicated(names)]
  if (length(twice) > 0L) {
    twice <- twice[1L]
    stop_series("column_names", "The table would have two columns of the name {.val {twice}}.", "Rename that column of {.arg data}.", call, twice = twice)
  }
}

lag_names <- function(spec) paste0(spec$column, "_lag", spec$lags)

# The series in some data: a list by group of `id` (NULL where there is one), `y` and `clock`. All step alike.
read_series <- function(data, spec, call) {
  if (!is.data.frame(data)) {
    y <- check_series(data, "data", call)
    return(list(list(y = y, clock = if (stats::is.ts(data)) clock_of_ts(data) else index_clock)))
  }
  for (arg in c("column", "group", "time")) check_choice_of_column(spec[[arg]], arg, data, call)
  if (nrow(data) == 0L) {
    stop_backprop("empty", "{.arg data} must have at least one row.", call = call)
  }
  y <- check_series(data[[spec$column]], spec$column, call)
  time <- if (!is.null(spec$time)) check_time(data[[spec$time]], spec$time, call)
  rows <- split_by_group(data, spec, call)
  series <- lapply(names(rows), function(id) {
    at <- rows[[id]]
    of <- if (is.null(spec$group)) "the series" else paste0("the series ", encodeString(id, quote = "\""))
    list(id = if (!is.null(spec$group)) id, y = y[at], clock = if (is.null(time)) index_clock else clock_of_times(time[at], of, call))
  })
  steps <- vapply(series, function(one) paste(one$clock$kind, format(one$clock$step, digits = 10)), "")
  if (length(unique(steps)) > 1L) {
    stop_series("time", "The series have different steps: {unique(steps)}.", "Give series of one step.", call, steps = steps)
  }
  series
}

check_choice_of_column <- function(name, arg, data, call) if (!is.null(name)) check_choice(name, arg, names(data), call)

check_series <- function(x, name, call) {
  if (!is.numeric(x) || (is.object(x) && !stats::is.ts(x)) || NCOL(x) != 1L) {
    found <- describe_value(x)
    stop_series("type", "{.arg {name}} must be one series of numbers, not {found}.", "A data frame takes several, with {.arg group}.", call, name = name, found = found)
  }
  y <- as.double(x)
  bad <- which(!is.finite(y))
  if (length(bad) > 0L) {
    places <- utils::head(bad, 5L)
    hint <- "Fill them in: {.code zoo::na.approx()} and the like draw lines across gaps."
    stop_series("missing", "{.arg {name}} has missing or infinite values, at {cli::qty(length(places))}place{?s} {places}.", hint, call, name = name, places = places)
  }
  y
}

check_time <- function(x, name, call) {
  known <- inherits(x, c("Date", "POSIXct", "POSIXlt")) || is_bare_number(x)
  if (!known) {
    stop_argument("time", "a column of dates, date-times or numbers", x, call = call)
  }
  x
}

# Places of the rows of each series, in the order of its levels or its text.
split_by_group <- function(data, spec, call) {
  if (is.null(spec$group)) {
    return(list(all = seq_len(nrow(data))))
  }
  group <- data[[spec$group]]
  if (!is.atomic(group) || length(group) != nrow(data) || anyNA(group)) {
    stop_argument("group", "a column of texts, a factor or numbers without missing values", group, call = call)
  }
  split(seq_len(nrow(data)), as.character(group))
}

# What a network sees of a series: values, or changes.
changes_of <- function(y, difference) if (difference == 0L) y else c(rep(NA_real_, min(difference, length(y))), diff(y, lag = difference))

# The shortest series that has a row, the outcome apart.
needed_values <- function(spec) max(spec$lags) + spec$difference

lag_one <- function(one, spec, call) {
  n <- length(one$y)
  needed <- needed_values(spec) + spec$horizon
  if (n < needed) {
    of <- if (is.null(one$id)) "The series" else paste0("The series ", encodeString(one$id, quote = "\""))
    stop_series("short", "{of} has {n} values; its lags, difference and horizon take {needed}.", "Give more values, or smaller {.arg lags}.", call, of = of, n = n, needed = needed)
  }
  # The place of the first value that a row is about.
  at <- seq(needed_values(spec) + 1L, n - spec$horizon + 1L)
  table <- data.frame(outcome = seq_along(at), row.names = paste0(if (!is.null(one$id)) paste0(one$id, " "), label_times(one$clock, at)))
  outcome <- vapply(seq_len(spec$horizon), function(h) one$y[at + h - 1L] - known_before(one$y, at, h, spec$difference), numeric(length(at)))
  if (spec$horizon == 1L) {
    table$outcome <- as.double(outcome)
  } else {
    table$outcome <- matrix(outcome, length(at), dimnames = list(NULL, paste0("h", seq_len(spec$horizon))))
  }
  names(table) <- spec$column
  x <- changes_of(one$y, spec$difference)
  lagged <- vapply(spec$lags, function(lag) x[at - lag], numeric(length(at)))
  inputs <- lag_inputs(matrix(lagged, length(at)), list(one), rep(1L, length(at)), at, spec)
  table[names(inputs)] <- inputs
  table
}

# What a forecast of step h from before place `at` is counted from: of differences the last value that is known and d, 2 d, ... before.
known_before <- function(y, at, h, difference) if (difference == 0L) 0 else y[at + h - 1L - difference * ceiling(h / difference)]

# The inputs of rows: a list of columns. `lagged` has a column for each lag; `which` are the series of rows, `at` the places of the values forecast first.
lag_inputs <- function(lagged, series, which, at, spec) {
  columns <- lapply(seq_along(spec$lags), function(j) lagged[, j])
  names(columns) <- lag_names(spec)
  columns[spec$calendar] <- lapply(spec$calendar, calendar_of_rows, series, which, at)
  if (!is.null(spec$group)) columns[[spec$group]] <- vapply(series, function(one) one$id, "")[which]
  columns
}

calendar_of_rows <- function(part, series, which, at) {
  rows <- split(seq_along(at), which)
  parts <- lapply(names(rows), function(i) calendar_at(part, series[[as.integer(i)]]$clock, at[rows[[i]]]))
  # Their levels are the same.
  values <- do.call(c, parts)
  values[order(unlist(rows))]
}

label_times <- function(clock, at) {
  time <- time_at(clock, at)
  if (is.numeric(time)) format(time, trim = TRUE, digits = 7) else format(time)
}

# Picking keeps how the table was made.
#' @export
`[.nn_lag` <- function(x, ...) {
  spec <- attr(x, "lag")
  class(x) <- "data.frame"
  picked <- x[...]
  if (is.data.frame(picked)) {
    attr(picked, "lag") <- spec
    class(picked) <- c("nn_lag", "data.frame")
  }
  picked
}
