test_that("each row has a value and those that came before it, as embed() has them", {
  table <- nn_lag(lynx, lags = c(1, 3))
  rows <- embed(as.numeric(lynx), 4)
  expect_equal(unname(as.matrix(as.data.frame(unclass(table)))), rows[, c(1, 2, 4)])
  expect_named(table, c("y", "y_lag1", "y_lag3"))
  expect_identical(rownames(table)[1:2], c("1824", "1825"))
})

test_that("no row knows what came after its origin, with differences and several steps too", {
  y <- as.numeric(AirPassengers)
  for (difference in c(0, 1, 12)) for (horizon in c(1, 4)) {
    all <- nn_lag(y, difference = difference, horizon = horizon)
    # What follows place 60 is changed: rows about what comes before are the same, inputs of the row that begins there too.
    later <- nn_lag(replace(y, 61:144, 0), difference = difference, horizon = horizon)
    first <- 12 + difference
    expect_identical(later[seq_len(60 - first - horizon + 1), ], all[seq_len(60 - first - horizon + 1), ])
    expect_identical(later[61 - first, -1], all[61 - first, -1])
    expect_identical(rownames(all)[61 - first], "61")
  }
})

test_that("outcomes of several steps are counted from the last value that is known", {
  y <- as.numeric(AirPassengers)
  table <- nn_lag(y, lags = 1:2, horizon = 3, difference = 2)
  # The first row is about places 5, 6 and 7: before it 3 and 4 are known.
  expect_equal(unclass(table$y)[1, ], c(h1 = y[5] - y[3], h2 = y[6] - y[4], h3 = y[7] - y[3]))
  expect_equal(c(table$y_lag1[1], table$y_lag2[1]), c(y[4] - y[2], y[3] - y[1]))
  expect_equal(nn_lag(y, lags = 1, horizon = 2)$y[1, ], c(h1 = y[2], h2 = y[3]))
})

test_that("several series in one table do not run into each other", {
  table <- nn_lag(Orange, "circumference", lags = 1:2, group = "Tree")
  alone <- lapply(split(Orange$circumference, as.character(Orange$Tree)), nn_lag, lags = 1:2)
  expect_equal(table$circumference_lag2, unlist(lapply(alone, function(one) one$y_lag2), use.names = FALSE))
  expect_identical(table$Tree, rep(as.character(1:5), each = 5))
  # In whatever order the series stand, and however they are mixed.
  mixed <- Orange[order(Orange$age), ]
  expect_identical(nn_lag(mixed, "circumference", lags = 1:2, group = "Tree"), table)
})

test_that("the calendar is that of the value forecast first", {
  season <- nn_lag(AirPassengers, lags = 1:2, calendar = "season")$season
  expect_identical(as.integer(season), as.integer(cycle(AirPassengers))[-(1:2)])
  ends <- as.Date(c("2020-01-31", "2020-02-29", "2020-03-31", "2020-04-30", "2020-05-31"))
  months <- nn_lag(data.frame(t = ends, v = 1:5), "v", lags = 1, time = "t", calendar = c("month", "quarter"))
  expect_identical(as.character(months$month), c("Feb", "Mar", "Apr", "May"))
  expect_identical(as.character(months$quarter), c("Q1", "Q1", "Q2", "Q2"))
  expect_identical(rownames(months), format(ends[-1]))
  hours <- data.frame(t = as.POSIXct("2024-02-28 22:00", tz = "UTC") + 3600 * 0:5, v = 1:6)
  found <- nn_lag(hours, "v", lags = 1, time = "t", calendar = c("weekday", "hour"))
  expect_identical(as.character(found$hour), c("23", "0", "1", "2", "3"))
  expect_identical(as.character(found$weekday), c("Wed", rep("Thu", 4)))
  days <- nn_lag(data.frame(t = as.Date("2024-02-26") + 7 * 0:4, v = 1:5), "v", lags = 1, time = "t")
  expect_identical(rownames(days)[1], "2024-03-04")
})

test_that("times go on beyond the last, by days, weeks, months, quarters and years", {
  go_on <- function(time, n) time_at(clock_of_times(time, "it", quote(nn_lag())), length(time) + seq_len(n))
  expect_identical(go_on(as.Date(c("2024-02-27", "2024-02-28")), 2), as.Date(c("2024-02-29", "2024-03-01")))
  expect_identical(go_on(as.Date(c("2023-11-30", "2023-12-31")), 2), as.Date(c("2024-01-31", "2024-02-29")))
  expect_identical(go_on(as.Date(c("2023-08-15", "2023-11-15")), 2), as.Date(c("2024-02-15", "2024-05-15")))
  expect_identical(go_on(as.Date(c("2022-01-01", "2023-01-01")), 2), as.Date(c("2024-01-01", "2025-01-01")))
  expect_identical(go_on(c(0.5, 1, 1.5), 2), c(2, 2.5))
  expect_equal(go_on(as.POSIXct(c("2024-01-01 10:00", "2024-01-01 10:30"), tz = "UTC"), 1), as.POSIXct("2024-01-01 11:00", tz = "UTC"))
})

test_that("how the table was made stays with rows that are picked, and goes along with the fit", {
  table <- nn_lag(lynx, lags = 1:2)
  expect_identical(attr(table[5:9, ], "lag"), attr(table, "lag"))
  expect_identical(table[["y"]][5:9], table[5:9, ]$y)
  fit <- nn_train(y ~ ., data = table[1:50, ], hidden = 1, epochs = 1, seed = 1, preset = "textbook")
  expect_identical(fit$blueprint$lag, attr(table, "lag"))
  fit$blueprint$lag$lags <- "a"
  expect_error(nn_predict(fit, table), "blueprint\\$lag\\$lags", class = "backprop_error_edited_fit")
})

test_that("what is no regular series is refused", {
  days <- data.frame(t = as.Date("2024-01-01") + 0:9, v = as.numeric(1:10), g = "a", text = "x")
  expect_snapshot(error = TRUE, {
    nn_lag()
    nn_lag("a")
    nn_lag(EuStockMarkets)
    nn_lag(c(1, NA, 3))
    nn_lag(1:12)
    nn_lag(lynx, lags = 0)
    nn_lag(lynx, column = "y")
    nn_lag(days, "text")
    nn_lag(days, "v", time = "text")
    nn_lag(days, "v", lags = 1:2, time = "t", group = "t")
    nn_lag(days, "vv")
    nn_lag(days[-5, ], "v", lags = 1, time = "t")
    nn_lag(days[10:1, ], "v", lags = 1, time = "t", group = "g")
    nn_lag(days[c(1, 2, 2, 3), ], "v", lags = 1, time = "t")
    nn_lag(transform(days, t = replace(t, 3, NA)), "v", lags = 1, time = "t")
    nn_lag(rbind(days, transform(days[1, ], g = "b")), "v", lags = 1, time = "t", group = "g")
    nn_lag(rbind(days, transform(days[c(1, 3, 5), ], g = "b")), "v", lags = 1, time = "t", group = "g")
    nn_lag(lynx, calendar = "season")
    nn_lag(days, "v", lags = 1, time = "t", calendar = "hour")
    nn_lag(days[0, ], "v")
    nn_lag(data.frame(month = 1:5, t = days$t[1:5]), "month", lags = 1, time = "t", calendar = "month")
    nn_lag(days, "v", lags = 1, group = "g", difference = 20)
  })
})
