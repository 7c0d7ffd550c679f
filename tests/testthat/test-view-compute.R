# The page's own arithmetic beside the engine's.

skip_without_node()

# Largest difference of each trace, relative to the largest number of its matrix; an obstacle is Inf.
disagreements <- function(traces, ...) {
  said <- in_node(traces, paste(
    "for (const [name, model] of Object.entries(models)) {",
    "  const off = model.obstacle ? { size: Infinity, key: model.obstacle } : nn.disagreement(model);",
    "  console.log([name, off.size, off.key || '-'].join('\\t'));",
    "}"
  ), ...)
  parts <- do.call(rbind, strsplit(said, "\t", fixed = TRUE))
  size <- suppressWarnings(as.double(parts[, 2L]))
  off <- is.na(size) | size > 1e-12
  paste(parts[off, 1L], parts[off, 2L], parts[off, 3L])
}

page_X <- function() {
  set.seed(1)
  matrix(round(stats::rnorm(24), 2), 6, dimnames = list(NULL, letters[1:4]))
}
page_outcomes <- list(
  sse = c(0.2, -0.4, 1, 0, 0.6, 0.1), mse = c(0.2, -0.4, 1, 0, 0.6, 0.1), mae = c(0.2, -0.4, 1, 0, 0.6, 0.1), huber = c(0.2, -4, 1, 0, 0.6, 5),
  quantile = c(0.2, -0.4, 1, 0, 0.6, 0.1), binary_cross_entropy = c(1, 0, 0, 1, 1, 0), poisson = c(0, 2, 1, 4, 0, 3), gamma = c(0.5, 2, 1, 4, 0.1, 3)
)
page_trace <- function(loss = "sse", ..., hidden = 3, iterations = 2) {
  nn_trace(page_X(), page_outcomes[[loss]], hidden = hidden, loss = loss, iterations = iterations, seed = 1, ...)
}

test_that("the page agrees with the engine over activations and depths", {
  curves <- setdiff(names(activations), "linear")
  deep <- expand.grid(activation = curves, depth = c(1, 3), stringsAsFactors = FALSE)
  traces <- Map(function(activation, depth) page_trace("mse", activation = activation, hidden = rep(3, depth)), deep$activation, deep$depth)
  expect_identical(disagreements(stats::setNames(traces, paste(deep$activation, deep$depth))), character())
})

test_that("the page agrees with the engine over losses and depths", {
  deep <- expand.grid(loss = names(page_outcomes), depth = c(0, 2), stringsAsFactors = FALSE)
  traces <- Map(function(loss, depth) page_trace(loss, hidden = if (depth > 0) rep(3, depth) else c()), deep$loss, deep$depth)
  names(traces) <- paste(deep$loss, deep$depth)
  traces$cross_entropy <- nn_trace(Species ~ ., data = iris[c(1:3, 51:53, 101:103), ], hidden = 3, iterations = 2, seed = 1)
  times <- plain_surv(c(1, 2, 3, 2, 1, 3), c(TRUE, TRUE, FALSE, TRUE, FALSE, TRUE))
  traces$discrete_hazard <- nn_trace(page_X(), times, hidden = 3, family = nn_family("discrete_hazard", breaks = 1:3), iterations = 2, seed = 1)
  expect_identical(disagreements(traces), character())
  # A loss with a formula in traces has one for its value.
  expect_setequal(c(names(page_outcomes), "cross_entropy", "discrete_hazard"), names(trace_loss_values))
})

test_that("the page agrees with the engine over optimizers", {
  rules <- setdiff(names(trace_rules), "lbfgs")
  traces <- lapply(stats::setNames(nm = rules), function(rule) suppressMessages(page_trace("mse", optimizer = rule, hidden = c(3, 2), iterations = 4)))
  expect_identical(disagreements(traces, limits = view_limits(iterations = 4L)), character())
})

test_that("the page agrees with the engine on batches, weights of rows, offsets, penalties, clipping, dropout and schedules", {
  traces <- list(
    batches = nn_trace(Species ~ ., data = iris, hidden = c(4, 3), activation = c("tanh", "relu"), optimizer = "adam", batch_size = 20, iterations = 3, seed = 1),
    weights = nn_trace(page_X(), page_outcomes$sse, case_weights = 1:6, hidden = 3, iterations = 2, seed = 1),
    weights_of_batches = nn_trace(
      page_X(), page_outcomes$sse, case_weights = 1:6, hidden = 3, iterations = 2, seed = 1, loss = "mse", batch_size = 2, optimizer = "sgd"
    ),
    offset = nn_trace(page_X(), page_outcomes$poisson, hidden = 3, iterations = 2, seed = 1, loss = "poisson", offset = 1:6 / 10),
    penalty = page_trace(penalty = 0.1, batch_size = 2, optimizer = "momentum"), clipping = page_trace("mse", clip_norm = 0.1, penalty = 0.1),
    dropout = page_trace("mse", dropout = 0.3, hidden = c(5, 5)), schedule = page_trace("mse", lr_schedule = "cosine", iterations = 3)
  )
  expect_identical(disagreements(traces), character())
})
test_that("the sum behind a cell is told as the console tells it", {
  traces <- list(
    plain = article_trace(2), adam = page_trace("mse", optimizer = "adam", penalty = 0.1), clipped = page_trace("mse", clip_norm = 0.1),
    many = nn_trace(as.matrix(iris[1:4]), as.integer(iris$Species == "setosa"), hidden = 14, output = "sigmoid", loss = "binary_cross_entropy", batch_size = 20, optimizer = "sgd", seed = 1),
    softmax = nn_trace(Species ~ ., data = iris[c(1:3, 51:53, 101:103), ], hidden = 3, seed = 1)
  )
  said <- in_node(traces, c(
    "for (const model of Object.values(models)) for (const step of model.steps) for (let i = 0; i < Math.min(step.result.n, 5); i++) {",
    "  const j = i % Math.min(step.result.m, 8);",
    "  const sum = nn.sum(step, nn.operands(step, model.engine.results), step.scalars, step.scalars.clip && step.scalars.clip[0], i, j, 4);",
    "  console.log((sum ? sum + ' = ' : '') + nn.format(step.result.get(i, j), 4));",
    "}"
  ))
  told <- unlist(lapply(traces, function(trace) lapply(as.list(trace), function(step) {
    vapply(seq_len(min(nrow(step$result), 5L)), function(i) trace_numbers(step, i, (i - 1L) %% min(ncol(step$result), 8L) + 1L), "")
  })), use.names = FALSE)
  expect_identical(said, told)
})

test_that("a page's checks by finite differences are those of the engine", {
  traces <- list(
    plain = article_trace(), deep = page_trace("huber", hidden = c(3, 2), activation = "gelu", penalty = 0.1, clip_norm = 0.5, optimizer = "adam"),
    softmax = nn_trace(Species ~ ., data = iris, hidden = 3, batch_size = 10, optimizer = "sgd", seed = 1), weights = page_trace("mse", case_weights = 1:6, batch_size = 3, optimizer = "sgd")
  )
  said <- in_node(traces, c(
    "for (const model of Object.values(models)) for (const step of model.steps) {",
    "  const check = step.iteration > 1 ? null : nn.difference(model, model.engine, step, 0, 0);",
    "  console.log(check ? [check.analytic, check.numeric, check.agrees, check.what].join('\\t') : '');",
    "}"
  ))
  checks <- unlist(lapply(traces, function(trace) lapply(seq_along(trace), function(k) {
    list(if (trace[[k]]$iteration == 1L) trace_difference(trace, k, 1L, 1L))
  })), recursive = FALSE)
  checks <- lapply(checks, `[[`, 1L)
  expect_identical(nzchar(said), !vapply(checks, is.null, NA, USE.NAMES = FALSE))
  checks <- Filter(Negate(is.null), checks)
  parts <- do.call(rbind, strsplit(said[nzchar(said)], "\t", fixed = TRUE))
  expect_gt(nrow(parts), 30)
  expect_identical(parts[, 4L], unname(vapply(checks, function(check) check$what, "")))
  expect_true(all(parts[, 3L] == "true"))
  expect_equal(as.double(parts[, 1L]), unname(vapply(checks, function(check) check$analytic, 0)), tolerance = 1e-12)
  # Both differences have the step 6e-6, whose square is the error that they share.
  expect_equal(as.double(parts[, 2L]), unname(vapply(checks, function(check) check$numeric, 0)), tolerance = 1e-7)
})

test_that("an answer is right as rounded, with two digits, or as near as the page shows", {
  # Each line: what is typed, the number, decimals that the page shows, and whether it is right.
  cases <- list(
    list("0.7981", 0.798123, 4, TRUE), list("0.80", 0.798123, 4, TRUE), list("0,8", 0.798123, 4, FALSE), list("0.79", 0.798123, 4, FALSE),
    list("0.798123", 0.798123, 4, TRUE), list("0.79820", 0.798123, 4, TRUE), list("0.7990", 0.798123, 4, FALSE), list("-1.2e-3", -0.001234, 6, TRUE),
    list("1", 1, 0, TRUE), list("2", 1, 0, FALSE), list("0", 0, 0, TRUE), list("0", 0.00002, 5, FALSE), list("", 1, 0, FALSE), list("one", 1, 0, FALSE),
    list("\u22122.5", -2.5, 1, TRUE), list("1.5", 1.48, 2, TRUE), list("3.1e-8", 3.12e-8, NULL, TRUE)
  )
  calls <- vapply(cases, function(case) {
    sprintf("nn.isRight(%s, %s, %s, 4)", js_text(case[[1]]), json_text(case[[2]]), json_text(case[[3]]))
  }, "")
  expect_identical(in_node(list(), paste0("console.log([", paste(calls, collapse = ", "), "].join(' '));")), tolower(paste(vapply(cases, `[[`, NA, 4), collapse = " ")))
})

test_that("a rate that is changed is that of all iterations, a schedule's in proportion", {
  said <- in_node(list(constant = article_trace(2), schedule = page_trace("mse", lr_schedule = "cosine", iterations = 3)), c(
    "for (const model of Object.values(models)) {",
    "  console.log(model.lr.map((_, k) => nn.rate(model, k, { lr: 2 * model.lr[0] }) / model.lr[k]).join(' '));",
    "}"
  ))
  expect_identical(said, c("2 2", "2 2 2"))
})

test_that("what is typed is a finite number, with a comma or a point, or none", {
  typed <- in_node(list(), "for (const text of ['1,5', '-.5e1', '\u22122', '1e999', '-1e999', 'NaN', 'Infinity', '0x10', '']) console.log(nn.typed(text));")
  expect_identical(typed, c("1.5", "-5", "-2", rep("NaN", 6)))
})
