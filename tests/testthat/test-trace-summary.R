# A trace in short and at full length.

test_that("the summary gives the loss before and after and each weight's change", {
  local_reproducible_output()
  trace <- article_trace(iterations = 3)
  summary <- summary(trace)
  expect_identical(summary$loss, trace$loss)
  fit <- nn_train(article_X, article_Y, lr = 0.1, start = article_printed_start(), epochs = 3)
  expect_identical(summary$iterations$loss, fit$history$loss)
  changes <- summary$changes
  expect_identical(nrow(changes), 19L)
  wh <- changes[changes$key == "wh", ]
  expect_identical(wh$after - wh$before, wh$change)
  expect_identical(wh$after, as.vector(fit$weights[[1]]))
  expect_identical(wh$from[2], "x2")
  expect_snapshot(summary)
})

test_that("as.data.frame() has a row per cell", {
  trace <- article_trace(iterations = 2)
  cells <- as.data.frame(trace)
  expect_identical(nrow(cells), sum(vapply(as.list(trace), function(step) length(step$result), 0L)))
  E <- cells[cells$key == "E" & cells$iteration == 1, ]
  expect_identical(E$value, as.vector(trace[["E"]]$result))
  expect_identical(unique(E$number), 5L)
  expect_true(all(is.na(E$changed)))
  expect_true(all(cells$changed[cells$phase == "update"]))
  expect_identical(cells$row_name[cells$key == "wh"][1:4], c("x1", "x2", "x3", "x4"))
  # A weight whose input was 0 in all rows does not change.
  unseen <- as.data.frame(nn_trace(cbind(article_X, 0), article_Y, seed = 1))
  expect_identical(unseen$changed[unseen$key == "wh" & unseen$phase == "update" & unseen$row == 5], rep(FALSE, 3))
})

test_that("a trace without its end is refused, where it has iterations", {
  for (part in c("start", "end")) {
    cut <- unclass(article_trace())
    cut[part] <- list(NULL)
    class(cut) <- "nn_trace"
    expect_error(summary(cut), paste0("object$", part), fixed = TRUE, class = "backprop_error_edited_trace")
  }
})
