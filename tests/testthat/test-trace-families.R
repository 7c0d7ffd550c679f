# Traces of families: what each shows is what the engine computed, and what their notes say of it holds.

# CRAN wants all tests in a minute.
skip_on_cran()

trace_data <- local({
  set.seed(5)
  x1 <- rnorm(12)
  x2 <- runif(12)
  data.frame(
    x1, x2,
    amount = exp(x1 + rnorm(12)), count = rpois(12, 4), other = rpois(12, 2), share = plogis(x1 + rnorm(12)), number = x1 + rnorm(12),
    class = factor(rep_len(c("low", "mid", "high", "top"), 12), c("low", "mid", "high", "top")),
    time = rexp(12) + 0.1, status = rep_len(c(1, 1, 0), 12)
  )
})

trace_family <- function(formula, family, ..., data = trace_data, optimizer = "gd") {
  nn_trace(formula, data = data, family = family, iterations = 2, seed = 1, optimizer = optimizer, lr = 0.05, ...)
}

trace_times <- function(family, ...) {
  nn_trace(trace_data[c("x1", "x2")], plain_surv(trace_data$time, trace_data$status), family = family, iterations = 2, seed = 1, ...)
}

all_family_traces <- function(...) {
  list(
    gamma = trace_family(amount ~ x1 + x2, "gamma", ...),
    negative_binomial = trace_family(count ~ x1 + x2, "negative_binomial", ...),
    two_counts = trace_family(cbind(count, other) ~ x1 + x2, "negative_binomial", ...),
    beta = trace_family(share ~ x1 + x2, "beta", ...),
    location_scale = trace_family(number ~ x1 + x2, "location_scale", ...),
    two_numbers = trace_family(cbind(number, amount) ~ x1 + x2, "location_scale", ...),
    ordinal = trace_family(class ~ x1 + x2, "ordinal", ...),
    cox = trace_times("cox", ...),
    hazards = trace_times(nn_family("discrete_hazard", breaks = c(0.5, 1, 4)), ...)
  )
}

small_traces <- all_family_traces(hidden = 2)

test_that("every cell of a family's trace that is a derivative agrees with finite differences", {
  settings <- list(list(hidden = c()), list(hidden = 3), list(hidden = 2, case_weights = rep(c(1, 2, 0.5), 4)), list(hidden = c(), clip_norm = 0.05))
  for (setting in settings) {
    for (trace in do.call(all_family_traces, setting)) {
      worst <- 0
      for (k in seq_along(trace)) {
        result <- trace[[k]]$result
        for (j in seq_len(ncol(result))) {
          found <- trace_difference(trace, k, nrow(result), j)
          if (!is.null(found) && abs(found$analytic) > 1e-6) worst <- max(worst, found$relative)
        }
      }
      expect_lt(worst, 1e-5)
      expect_true(nn_check_gradient(trace)$pass)
    }
  }
})

test_that("templates of families give the numbers of the engine", {
  for (trace in small_traces) {
    for (step in as.list(trace)) {
      if (is.null(step$values$template) || step$op != "cell") next
      expected <- step$result
      for (place in seq_along(expected)) {
        values <- cell_values(step, row(expected)[place], col(expected)[place])
        code <- gsub("if(", "ifelse(", fill_template(step$values$template, vapply(values, sprintf, "", fmt = "(%.17g)")), fixed = TRUE)
        expect_equal(eval(parse(text = code)), expected[[place]], tolerance = 1e-9)
      }
    }
  }
})

test_that("notes on derivatives without a template say what they are", {
  of <- function(trace, key, ...) trace[[key, ...]]$result
  trace <- trace_family(class ~ x1 + x2, "ordinal", hidden = c())
  tau <- c(-Inf, 0, cumsum(exp(of(trace, "log_steps"))), Inf)
  z <- of(trace, "output")[, 1L]
  class <- of(trace, "Y")[, 1L]
  expect_setequal(class, 0:3)
  expected <- (plogis(tau[class + 1] - z) - (1 - plogis(tau[class + 2] - z))) / 12
  expect_equal(of(trace, "E")[, 1L], expected, tolerance = 1e-10, ignore_attr = TRUE)
  expect_match(trace[["E"]]$formula, "P(class < Y) - P(class > Y)", fixed = TRUE)

  trace <- trace_times("cox", hidden = c())
  y <- of(trace, "Y")
  expect_identical(colnames(y), c("time", "status"))
  hazard <- exp(of(trace, "output")[, 1L])
  at <- vapply(y[, 1L], function(t) sum(vapply(which(y[, 2L] == 1 & y[, 1L] <= t), function(i) 1 / sum(hazard[y[, 1L] >= y[i, 1L]]), 0)), 0)
  expect_equal(of(trace, "E")[, 1L], (y[, 2L] - hazard * at) / 12, tolerance = 1e-10, ignore_attr = TRUE)

  trace <- trace_family(share ~ x1 + x2, "beta", hidden = c())
  mu <- of(trace, "output")
  phi <- exp(of(trace, "log_phi")[1L])
  share <- of(trace, "Y")
  expected <- phi * mu * (1 - mu) * (log(share / (1 - share)) - digamma(phi * mu) + digamma(phi * (1 - mu))) / 12
  expect_equal(of(trace, "d_output"), expected, tolerance = 1e-10)

  trace <- trace_family(number ~ x1 + x2, "location_scale", hidden = c())
  output <- of(trace, "output")
  number <- of(trace, "Y")[, 1L]
  sd <- exp(output[, 2L])
  expected <- cbind((number - output[, 1L]) / sd^2, ((number - output[, 1L]) / sd)^2 - 1) / 12
  expect_equal(of(trace, "d_output"), expected, tolerance = 1e-10, ignore_attr = TRUE)
})

test_that("a trace shows the gradient and the update of what a family trains of its own", {
  keys <- c(negative_binomial = "log_theta", two_counts = "log_theta", beta = "log_phi", ordinal = "log_steps")
  traces <- small_traces
  for (name in names(keys)) {
    trace <- traces[[name]]
    key <- keys[[name]]
    before <- trace[[key, phase = "start"]]$result
    gradient <- trace[[paste0("gradient_", key)]]$result
    after <- trace[[key, phase = "update"]]
    expect_identical(after$number, 12L)
    expect_equal(after$result, before - 0.05 * gradient, tolerance = 1e-14)
    expect_identical(trace[[key, 2, "start"]]$result[1L, ], after$result[1L, ])
    expect_equal(unname(trace$start$ancillary), unname(before[1L, ]))
    changes <- summary(trace)$changes
    own <- changes[changes$key == key, ]
    expect_equal(own$after, unname(trace$end$ancillary))
    expect_output(print(summary(trace)), key)
    expect_output(print(trace), paste0("gradient_", key))
    expect_true(key %in% as.data.frame(trace)$key)
  }
  for (optimizer in c("adam", "rprop", "adamw", "lbfgs", "momentum")) {
    trace <- trace_family(class ~ x1 + x2, "ordinal", optimizer = optimizer, hidden = c())
    fit <- nn_train(
      class ~ x1 + x2, trace_data, family = "ordinal", optimizer = optimizer, lr = 0.05, hidden = c(), seed = 1, epochs = 2, preset = "textbook"
    )
    expect_identical(trace$end$ancillary, fit$ancillary)
    expect_no_error(check_trace(trace, quote(print())))
  }
})

test_that("losses of a trace are those of the family's own parameters at each step", {
  trace <- trace_family(count ~ x1 + x2, "negative_binomial", hidden = c(), optimizer = "adam")
  expect_equal(trace$iterations$loss, trace$iterations$loss_before, tolerance = 1e-12)
  expect_lt(trace$loss[["after"]], trace$loss[["before"]])
})

test_that("traces of families are written and viewed", {
  skip_if_not_installed("openxlsx")
  skip_if_not_installed("htmltools")
  for (trace in small_traces) {
    for (end in c(".csv", ".xlsx")) {
      file <- withr::local_tempfile(fileext = end)
      nn_write_trace(trace, file)
      expect_gt(file.size(file), 0)
    }
    page <- withr::local_tempfile(fileext = ".html")
    suppressMessages(nn_view(trace, page))
    expect_true(any(grepl("d_output", readLines(page), fixed = TRUE)))
    for (step in as.list(trace)) expect_output(print(step), step$key, fixed = TRUE)
  }
})
