# The time of a series: what a regular step is, which time a place has, beyond the last one too, and what a calendar says of it.

# A clock tells the time of places 1, 2, ...: `kind`, `start` and `step`. Kinds are "index" (numbers), "season" (of a `ts`, with its `frequency`), "day", "month"
# (with `last`, whether days are the last of their month) and "second".

# A `ts` of one value in a unit of time is numbers by themselves.
clock_of_ts <- function(x) {
  at <- stats::tsp(x)
  if (at[3L] == 1) {
    return(list(kind = "index", start = at[1L], step = 1))
  }
  list(kind = "season", start = at[1L], step = 1 / at[3L], frequency = at[3L])
}

index_clock <- list(kind = "index", start = 1, step = 1)

# Of times in a column, which must ascend by equal steps. `of` says whose they are.
clock_of_times <- function(time, of, call) {
  if (inherits(time, "POSIXlt")) time <- as.POSIXct(time)
  number <- as.double(unclass(time))
  if (!all(is.finite(number))) {
    stop_series("time", "{.arg time} of {of} has missing or infinite values.", "Give every row its time.", call, of = of)
  }
  if (is.unsorted(number)) {
    stop_series("time", "The rows of {of} are not sorted by {.arg time}.", "Sort the data, {.code data[order(data$time), ]}, in each series.", call, of = of)
  }
  if (anyDuplicated(number) > 0L) {
    again <- format(time[anyDuplicated(number)])
    hint <- "Where a table has several series, {.arg group} names the column that tells them apart."
    stop_series("time", "{.arg time} of {of} has the same time twice: {again}.", hint, call, of = of, again = again)
  }
  if (length(number) < 2L) {
    stop_series("short", "The step of {.arg time} cannot be told from one row, of {of}.", "Give it more rows, or leave it out.", call, of = of)
  }
  clock <- list(kind = "index", start = number[1L], step = number[2L] - number[1L])
  if (inherits(time, "Date")) clock <- clock_of_dates(time)
  if (inherits(time, "POSIXct")) clock <- c(replace(clock, "kind", "second"), tz = attr(time, "tzone"))
  off <- which(abs(as.double(unclass(time_at(clock, seq_along(number)))) - number) > 1e-6 * clock$step)
  if (length(off) > 0L) {
    shown <- format(time[off[1L] - 1:0])
    hint <- "Give a row to every time, with what is missing filled in."
    stop_series("time", "{.arg time} of {of} has no regular step: {shown[2]} follows {shown[1]}.", hint, call, of = of, shown = shown)
  }
  clock
}

# `...` are the values that the two texts mention.
stop_series <- function(what, message, hint, call, ...) {
  stop_backprop(what, c(message, i = hint), call = call, .envir = list2env(list(...), parent = environment()))
}

# Months and years are of different lengths: where days are the same in each month, or its last, steps are months.
clock_of_dates <- function(time) {
  parts <- as.POSIXlt(time)
  months <- parts$year * 12L + parts$mon
  last <- all(as.POSIXlt(time + 1)$mday == 1L)
  if (all(diff(months) > 0L) && (last || length(unique(parts$mday)) == 1L)) {
    return(list(kind = "month", start = time[1L], step = as.double(months[2L] - months[1L]), last = last))
  }
  list(kind = "day", start = time[1L], step = as.double(time[2L] - time[1L]))
}

# The times of places, in the class that they came in.
time_at <- function(clock, place) {
  passed <- (place - 1) * clock$step
  switch(clock$kind,
    day = clock$start + passed,
    month = add_months(clock$start, passed, clock$last),
    second = as.POSIXct(clock$start + passed, origin = "1970-01-01", tz = setting(clock$tz, "")),
    clock$start + passed
  )
}

add_months <- function(start, months, last) {
  parts <- as.POSIXlt(start)
  total <- parts$year * 12 + parts$mon + months + last
  first <- as.Date(sprintf("%d-%02d-01", as.integer(1900 + total %/% 12), as.integer(total %% 12 + 1)))
  if (last) first - 1 else first + parts$mday - 1
}

calendars <- c("season", "month", "quarter", "weekday", "hour")

# What each part of a calendar needs of a clock, and its values, whose levels are all that there are.
calendar_at <- function(part, clock, place) {
  if (part == "season") {
    season <- round(clock$start * clock$frequency) + place - 1
    return(factor(season %% clock$frequency + 1, levels = seq_len(clock$frequency)))
  }
  time <- as.POSIXlt(time_at(clock, place))
  switch(part,
    month = factor(month.abb[time$mon + 1L], levels = month.abb),
    quarter = factor(paste0("Q", time$mon %/% 3L + 1L), levels = paste0("Q", 1:4)),
    weekday = factor(weekday_names[time$wday + 1L], levels = weekday_names),
    hour = factor(time$hour, levels = 0:23)
  )
}

# Of no language.
weekday_names <- c("Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat")

check_calendar <- function(calendar, clock, call) {
  if (is.null(calendar)) {
    return(character())
  }
  calendar <- unique(check_choices(calendar, "calendar", calendars, call))
  known <- switch(clock$kind,
    season = if (clock$frequency == floor(clock$frequency)) "season",
    day = , month = c("month", "quarter", "weekday"),
    second = c("month", "quarter", "weekday", "hour")
  )
  unknown <- setdiff(calendar, known)
  if (length(unknown) > 0L) {
    has <- c(season = "that of a `ts`", index = "numbers without a season", day = "dates", month = "dates", second = "date-times")[[clock$kind]]
    stop_backprop("incompatible", c(
      "{.arg calendar} asks for {.val {unknown}}, which the time of this series does not tell: it is {has}.",
      i = if (length(known) > 0L) "It tells {.val {known}}." else "{.val season} is for a {.code ts} with a whole {.field frequency} above 1, the others for dates in a column {.arg time}."
    ), call = call)
  }
  calendar
}
