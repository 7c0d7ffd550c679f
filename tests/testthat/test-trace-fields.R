# CRAN wants all tests in a minute.
skip_on_cran()

trace <- nn_trace(article_X, article_Y, hidden = c(3, 2), optimizer = "adam", penalty = 0.1, clip_norm = 0.5, dropout = 0.2, iterations = 2, seed = 1)
entries <- function(trace) {
  list(
    print = function() print(trace), summary = function() summary(trace), as.data.frame = function() as.data.frame(trace),
    `[` = function() trace[1], `[[` = function() trace[["X"]], nn_view = function() nn_view(trace, tempfile()),
    nn_write_trace = function() nn_write_trace(trace, tempfile(fileext = ".csv")), nn_check_gradient = function() nn_check_gradient(trace)
  )
}

test_that("traces as they are made are what the tables say", {
  for (made in list(
    trace, trace[1:3], article_trace(), nn_trace(Species ~ ., data = iris, batch_size = 5, optimizer = "sgd", case_weights = 1:150, seed = 1),
    nn_trace(mpg ~ wt, data = mtcars, loss = loss_quantile(), optimizer = "lbfgs", seed = 1),
    suppressWarnings(nn_trace(article_X * 1e200, article_Y * 1e200, output = "linear", clip_norm = 1, seed = 1))
  )) {
    expect_identical(check_trace(made, quote(f())), made)
  }
})

# Places of fields that were not refused, one by one, when they are something else or taken out. One expectation each would take a minute.
not_refused <- function(x, fields) {
  unlist(lapply(rules_of(fields), function(rule) {
    wrong <- vapply(c(never_right, list(NULL)), function(value) {
      found <- find_wrong(edit(x, rule$at, value), fields)
      if (is.null(value) && rule$optional) !is.null(found) else !identical(found$at, place_of(rule$at))
    }, NA)
    if (any(wrong)) place_of(rule$at)
  }))
}

test_that("every field of a trace is refused when it is something else or taken out, by its name", {
  expect_gt(length(rules_of(whole_trace_fields)), 10)
  expect_null(not_refused(unclass(trace), whole_trace_fields))
})

test_that("every field of a step is refused when it is something else or taken out, by its name", {
  expect_gt(length(rules_of(step_fields)), 10)
  for (step in as.list(trace)) expect_null(not_refused(unclass(step), step_fields), label = step$key)
})

test_that("fields of a step must fit each other", {
  step <- unclass(trace[["hidden_layer_input1"]])
  update <- unclass(trace[["wh1", phase = "update"]])
  edits <- list(
    edit(step, "result", step$result[, 0]), edit(step, "operands", step$operands[-1]), edit(step, "operands", rev(step$operands)[-1]),
    edit(step, c("operands", "X"), step$operands$X[1, , drop = FALSE]), edit(step, "reads", step$reads[-1]), edit(step, c("reads", "X"), c("i", "k")),
    edit(step, "op", "back"), edit(step, "number", 13L), edit(update, "changed", TRUE), edit(update, c("values", "roles"), c(w = "nonsense")),
    edit(update, c("values", "template"), "{unknown}"), edit(unclass(trace[["gradient_wh1"]]), c("values", "clip"), NULL)
  )
  for (one in edits) expect_false(is.null(find_wrong(one, step_fields)))
})

test_that("everything that takes a trace refuses one that was edited", {
  steps <- edit(trace, "steps", as.list(trace)[1:2])
  edits <- list(
    edit(trace, "settings", 1), edit(trace, c("settings", "sizes"), c(4L, 1L)), edit(trace, "iterations", trace$iterations[-1]), edit(trace, "steps", 1),
    edit(trace, "steps", list(1)), edit(steps, c("steps", 1, "key"), 1), edit(trace, c("engine", "sizes"), c(4L, 1L)), edit(trace, "keys", list()),
    structure(list(), class = "nn_trace"), structure(1, class = "nn_trace")
  )
  for (edited in edits) {
    calls <- entries(edited)
    for (name in names(calls)) expect_error(calls[[name]](), class = "backprop_error_edited_trace", label = name)
    expect_type(length(edited), "integer")
    expect_type(as.list(edited), "list")
  }
  expect_error(print(edit(trace[[3]], "result", 1)), class = "backprop_error_edited_trace")
})

test_that("the message names the field of the step", {
  steps <- as.list(trace)
  steps[[2]] <- edit(steps[[2]], "result", "a")
  expect_snapshot(error = TRUE, {
    print(edit(trace, "steps", steps))
    print(edit(trace[[5]], "op", "nonsense"))
    nn_check_gradient(edit(trace, "mean_weight", -1))
    nn_check_gradient(trace[3:5])
  })
})
