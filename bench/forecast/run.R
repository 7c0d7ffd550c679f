# Forecasts of R's own series over rolling origins: nn_lag() and nn_forecast() beside forecast::nnetar() and the seasonal naive forecast.
# Usage: Rscript bench/forecast/run.R [number of origins] [part] [parts], from the package's root: part 1 of 2 takes every other series. It writes
# bench/forecast/results-<part>.csv, of which summarise.R makes the tables.
# One rule for all series, none tuned on them: lags 1 to 12, the season as a factor where there is one, changes of one step, and all defaults of nn_train().

pkgload::load_all(".", quiet = TRUE)
arguments <- commandArgs(TRUE)
origins <- if (length(arguments) > 0L) as.integer(arguments[1L]) else 8L
part <- if (length(arguments) > 2L) as.integer(arguments[2:3]) else c(1L, 1L)

series <- list(
  AirPassengers = AirPassengers, austres = austres, co2 = co2, JohnsonJohnson = JohnsonJohnson, LakeHuron = LakeHuron, ldeaths = ldeaths, lynx = lynx,
  Nile = Nile, nottem = nottem, sunspot.year = sunspot.year, UKDriverDeaths = UKDriverDeaths, UKgas = UKgas, USAccDeaths = USAccDeaths, WWWusage = WWWusage
)

steps_of <- function(y) switch(as.character(frequency(y)), `12` = 12L, `4` = 8L, 6L)

table_of <- function(y, ...) nn_lag(y, lags = 1:12, calendar = if (frequency(y) > 1) "season", ...)

from_table <- function(train, y, h, ..., held = 0) {
  fit <- nn_train(y ~ ., data = table_of(train, ...), seed = 1)
  at <- function(level) {
    tryCatch(nn_forecast(fit, y, h = h, level = level, held = held, seed = 1), backprop_error_calibration = function(cnd) {
      # Too few errors for that level: no interval.
      cbind(nn_forecast(fit, y, h = h, level = NULL), .pred_lower = NA_real_, .pred_upper = NA_real_)
    })
  }
  narrow <- at(0.8)
  wide <- at(0.95)
  data.frame(mean = narrow$.pred, lower80 = narrow$.pred_lower, upper80 = narrow$.pred_upper, lower95 = wide$.pred_lower, upper95 = wide$.pred_upper)
}

methods <- list(
  `recursive, changes` = function(y, h) from_table(y, y, h, difference = 1),
  `recursive, values` = function(y, h) from_table(y, y, h),
  `direct, changes` = function(y, h) from_table(y, y, h, difference = 1, horizon = h),
  # The last values train nothing, and give the intervals: 19 errors of the last step, which a level of 0.95 takes.
  `recursive, changes, held` = function(y, h) {
    held <- h + 19L
    train <- ts(head(y, -held), start = start(y), frequency = frequency(y))
    if (length(train) < 40L) {
      return(NULL)
    }
    from_table(train, y, h, difference = 1, held = held)
  },
  # 100 paths, and not its 1000, which take minutes.
  nnetar = function(y, h) {
    set.seed(1)
    found <- forecast::forecast(forecast::nnetar(y), h = h, PI = TRUE, level = c(80, 95), npaths = 100)
    limits <- function(side, level) as.numeric(found[[side]][, level])
    data.frame(mean = as.numeric(found$mean), lower80 = limits("lower", 1L), upper80 = limits("upper", 1L), lower95 = limits("lower", 2L), upper95 = limits("upper", 2L))
  },
  `seasonal naive` = function(y, h) {
    found <- forecast::snaive(y, h = h, level = c(80, 95))
    limits <- function(side, level) as.numeric(found[[side]][, level])
    data.frame(mean = as.numeric(found$mean), lower80 = limits("lower", 1L), upper80 = limits("upper", 1L), lower95 = limits("lower", 2L), upper95 = limits("upper", 2L))
  }
)

judge_one <- function(name, end, method) {
  y <- series[[name]]
  h <- steps_of(y)
  known <- ts(as.numeric(y)[seq_len(end)], start = start(y), frequency = frequency(y))
  began <- proc.time()[["elapsed"]]
  found <- suppressMessages(methods[[method]](known, h))
  if (is.null(found)) {
    return(NULL)
  }
  truth <- as.numeric(y)[end + seq_len(h)]
  scale <- mean(abs(diff(as.numeric(known), lag = frequency(y))))
  within <- function(level) mean(found[[paste0("lower", level)]] <= truth & truth <= found[[paste0("upper", level)]])
  data.frame(
    series = name, end = end, method = method, mase = mean(abs(found$mean - truth)) / scale, cover80 = within(80), cover95 = within(95),
    width80 = mean(found$upper80 - found$lower80) / scale, width95 = mean(found$upper95 - found$lower95) / scale, seconds = proc.time()[["elapsed"]] - began
  )
}

file <- paste0("bench/forecast/results-", part[1L], ".csv")
# What was begun before goes on after the last series that is whole.
results <- if (file.exists(file)) utils::read.csv(file)
for (name in setdiff(names(series)[seq(part[1L], length(series), by = part[2L])], results$series)) {
  n <- length(series[[name]])
  h <- steps_of(series[[name]])
  # Evenly over the last half, the last one with all of its steps.
  for (end in unique(round(seq(max(n / 2, 40), n - h, length.out = origins)))) {
    for (method in names(methods)) results <- rbind(results, judge_one(name, end, method))
  }
  utils::write.csv(results, file, row.names = FALSE)
  cat(name, format(Sys.time()), "\n")
}
