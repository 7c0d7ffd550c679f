# Random calls: series as tables of their past, and forecasts.

# `data` and, of a table, which columns are what.
a_fuzz_series <- function() {
  n <- sample(8:40, 1L)
  y <- stats::rnorm(n)
  switch(draw_one("vector", "ts", "table", "panel"),
    vector = list(data = y),
    ts = list(data = stats::ts(y, start = c(2000, 3), frequency = draw_one(1, 4, 12))),
    table = list(data = data.frame(y = y, at = as.Date("2023-12-30") + 7 * seq_len(n)), column = "y", time = "at"),
    panel = {
      data <- data.frame(y = c(y, rev(y)), at = rep(seq_len(n), 2), id = rep(c("a", "b"), each = n))
      list(data = data[order(data$at), ], column = "y", group = "id")
    }
  )
}

lag_kinds <- function(series) {
  columns <- function(name) function(near) if (near) draw_one("zzz", 1, NA, NULL, "y") else series[[name]]
  list(
    lags = function(near) if (near) draw_one(0, 1.5, "1", NA, numeric(), 99) else draw_one(1, 1:2, c(3, 1)), horizon = function(near) if (near) a_count(TRUE) else draw_one(1, 2),
    difference = function(near) if (near) draw_one(-1, 0.5, NA, 99) else draw_one(0, 1, 2), column = columns("column"), group = columns("group"), time = columns("time"),
    calendar = or_null(function(near) if (near) draw_one("moon", NA, 1, "hour") else draw_one("season", "weekday", "month"))
  )
}

targets_of_forecasts <- function() {
  needed <- c("lags", "column", "group", "time")
  list(
    nn_lag = function() {
      series <- a_fuzz_series()
      if (chance(0.15)) series$data <- draw_one(NULL, "a", list(1), replace(stats::rnorm(20), 3, NA), datasets::EuStockMarkets, numeric(), data.frame())
      env <- fuzz_env()
      fuzz_draw(c("nn_lag", "[.nn_lag"), quote(picked_lag), c(list(series$data), draw_arguments(lag_kinds(series), needed = needed)), env, holds = function(value) {
        c(if (!inherits(value, "nn_lag") || is.null(attr(value, "lag"))) "is no table of lags", if (anyNA(value)) "has gaps")
      })
    },
    nn_forecast = function() {
      env <- fuzz_env()
      series <- a_fuzz_series()
      table <- do.call(nn_lag, c(series, list(lags = draw_one(1, 1:2), horizon = draw_one(1, 1, 3), difference = draw_one(0, 1))))
      formula <- stats::as.formula(paste(attr(table, "lag")$column, "~ ."))
      fit <- suppressMessages(suppressWarnings(nn_train(formula, data = table, hidden = 1, epochs = 2, seed = 1, preset = "textbook")))
      kinds <- list(
        data = function(near) if (near) draw_one(NULL, table, 1, "a", datasets::nottem, series$data[0]) else series$data,
        h = or_null(function(near) if (near) draw_one(0, 99, NA, "1") else draw_one(1, 2, 3)), level = or_null(a_level), held = function(near) if (near) draw_one(-1, 99, 0.5) else draw_one(0, 5),
        paths = function(near) if (near) a_count(TRUE) else 20, seed = or_null(a_seed), threads = or_null(function(near) if (near) a_count(TRUE) else 1)
      )
      draw <- fuzz_draw("nn_forecast", quote(nn_forecast), c(list(fit), bounded(draw_arguments(kinds, needed = c("data", "paths")))), env, holds = function(value) {
        c(
          if (!inherits(value, "tbl_df")) "is no tibble", if (anyNA(value)) "has gaps",
          if (".pred_lower" %in% names(value) && any(value$.pred_lower > value$.pred_upper)) "has lower limits above the upper ones"
        )
      })
      draw$draws <- TRUE
      draw
    }
  )
}

# With some of its rows picked.
picked_lag <- function(...) {
  table <- nn_lag(...)
  table[seq_len(nrow(table)), ]
}
