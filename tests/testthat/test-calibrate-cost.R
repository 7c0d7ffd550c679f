test_that("the class decided is that of the smallest expected cost, for any number of classes", {
  fit <- overconfident_fit(3)
  rows <- overconfident_data(50, 3, seed = 2)
  p <- as.matrix(predict(fit, rows, type = "prob"))
  cost <- matrix(c(0, 1, 2, 5, 0, 1, 1, 4, 0), 3)
  by_hand <- apply(p, 1, function(row) which.min(colSums(row * cost)))
  expect_identical(predict(fit, rows, cost = cost)$.pred_class, factor(levels(rows$y)[by_hand], levels(rows$y)))
  expect_identical(nn_predict(fit, rows, type = "class", cost = cost), predict(fit, rows, cost = cost)$.pred_class)
  # Equal costs are the likeliest class; names have their own order.
  expect_identical(predict(fit, rows, cost = 1 - diag(3)), predict(fit, rows))
  named <- cost
  dimnames(named) <- list(levels(rows$y), levels(rows$y))
  expect_identical(predict(fit, rows, cost = named[3:1, c(2, 1, 3)]), predict(fit, rows, cost = cost))
  rows$x[1] <- NA
  expect_identical(is.na(predict(fit, rows, cost = cost)$.pred_class), rep(c(TRUE, FALSE), c(1, 49)))
})

test_that("of two classes the costs are a threshold", {
  fit <- overconfident_fit()
  rows <- overconfident_data(60, seed = 2)
  p <- nn_predict(fit, rows)[, 1]
  # To take a for b costs 3: from a quarter on b is decided.
  expect_identical(nn_predict(fit, rows, type = "class", cost = matrix(c(0, 3, 1, 0), 2)) == "b", unname(p) > 0.25)
  softmax <- overconfident_fit(output = "softmax")
  p <- nn_predict(softmax, rows)[, "b"]
  expect_identical(nn_predict(softmax, rows, type = "class", cost = matrix(c(0, 3, 1, 0), 2)) == "b", unname(p) > 0.25)
})

test_that("the threshold found costs least of all that there are, and is what predict() decides by", {
  fit <- overconfident_fit()
  rows <- overconfident_data(80, seed = 2)
  cost <- matrix(c(0, 4, 1, -0.5), 2)
  found <- nn_threshold(fit, rows, cost)
  p <- nn_predict(fit, rows)[, 1]
  truth <- as.integer(rows$y)
  mean_cost <- function(t) mean(cost[cbind(truth, 1 + (p > t))])
  all <- vapply(c(0, sort(p), 1), mean_cost, 0)
  expect_equal(found$mean_cost, min(all))
  expect_equal(mean_cost(found$threshold), found$mean_cost)
  expect_equal(found$by_cost, 1 / (1 + 4.5))
  expect_equal(found$mean_cost_by_cost, mean_cost(found$by_cost))
  expect_identical(predict(fit, rows, cost = found)$.pred_class == "b", unname(p) > found$threshold)
  # Where b is never worth its cost, and where it always is.
  expect_identical(nn_threshold(fit, rows, matrix(c(0, 1, 1e6, 0), 2))$threshold <= 1, TRUE)
  never <- nn_threshold(fit, rows[rows$y == "a", ])
  expect_identical(never$mean_cost, 0)
  expect_false("b" %in% predict(fit, rows[rows$y == "a", ], cost = never)$.pred_class)
  always <- nn_threshold(fit, rows[rows$y == "b", ])
  expect_identical(as.character(unique(predict(fit, rows[rows$y == "b", ], cost = always)$.pred_class)), "b")
  # A weight of 2 is a row twice.
  w <- rep(1:2, 40)
  expect_equal(nn_threshold(fit, rows, cost, case_weights = w)$threshold, nn_threshold(fit, rows[rep(1:80, w), ], cost)$threshold)
  expect_snapshot(print(structure(list(threshold = 0.31, mean_cost = 0.2, by_cost = 0.25, mean_cost_by_cost = 0.25, rows = 80L, levels = c("a", "b")), class = "nn_threshold")))
})

test_that("costs that decide nothing are refused", {
  fit <- overconfident_fit()
  rows <- overconfident_data(20, seed = 2)
  line <- nn_train(mpg ~ wt, data = mtcars, epochs = 1, seed = 1, preset = "textbook")
  three <- overconfident_fit(3)
  expect_snapshot(error = TRUE, {
    predict(fit, rows, cost = diag(3))
    predict(fit, rows, cost = c(1, 2))
    predict(fit, rows, cost = matrix(c(0, NA, 1, 0), 2))
    predict(fit, rows, cost = matrix(c(0, 1, 1, 0), 2, dimnames = list(c("a", "z"), NULL)))
    predict(fit, rows, type = "prob", cost = diag(2))
    nn_predict(line, mtcars, cost = diag(2))
    nn_threshold(three, overconfident_data(20, 3))
    nn_threshold(fit, rows, diag(2))
    nn_threshold(fit)
    predict(three, rows, cost = nn_threshold(fit, rows))
  })
})
