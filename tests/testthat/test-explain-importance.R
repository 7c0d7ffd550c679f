test_that("the most important column comes first, and what was asked stands beside", {
  importance <- nn_importance(flat_fit(), mtcars, seed = 1)
  expect_s3_class(importance, c("nn_importance", "data.frame"), exact = TRUE)
  expect_identical(names(importance), c("variable", "importance", "std_error", "lower", "upper"))
  expect_false(is.unsorted(-importance$importance))
  explained <- attr(importance, "explained")
  expect_identical(explained[c("method", "metric", "rows", "repeats", "seed", "level")], list(method = "permutation", metric = "loss", rows = 32L, repeats = 10L, seed = 1L, level = 0.95))
})

test_that("mean sizes of Shapley values are those of nn_shap()", {
  fit <- flat_fit()
  importance <- nn_importance(fit, mtcars, method = "shapley", repeats = 32, seed = 1)
  # As many pairs as rows of data: of a linear model no error is left.
  sizes <- c(wt = 3, hp = 0.05, qsec = 0.5) * vapply(mtcars[c("wt", "hp", "qsec")], function(x) mean(abs(x - mean(x))), 0)
  expect_equal(importance$importance[match(names(sizes), importance$variable)], unname(sizes))
})

test_that("every method takes every kind of outcome, and ensembles", {
  data <- cars_with_factor()
  outcomes <- list(mpg ~ ., cbind(mpg, disp) ~ wt + am, am ~ wt + cyl, cyl ~ wt + am, (am == "manual") ~ wt + hp)
  for (outcome in outcomes) {
    for (ensemble in 1:2) {
      fit <- nn_train(outcome, data = data, hidden = 2, epochs = 2, seed = 1, ensemble = ensemble, preset = "textbook")
      for (method in names(importance_methods)) {
        repeats <- if (method %in% c("permutation", "shapley")) 2
        importance <- nn_importance(fit, data, method = method, repeats = repeats, seed = 1)
        expect_false(anyNA(importance$importance))
        expect_setequal(importance$variable, names(columns_in_inputs(fit)$inputs))
      }
    }
  }
})

test_that("gaps move with their column, and imputed matrices have their own columns", {
  x <- as.matrix(mtcars[c("wt", "hp")])
  x[3, 1] <- NA
  fit <- nn_train(x, mtcars$mpg, hidden = 2, epochs = 5, seed = 1, na_action = "impute", standardize = TRUE)
  importance <- nn_importance(fit, list(X = x, Y = mtcars$mpg), seed = 1)
  expect_setequal(importance$variable, c("wt", "hp"))
})

test_that("a sparse matrix is explained as the dense one", {
  skip_if_not_installed("Matrix")
  x <- as.matrix(mtcars[c("vs", "am", "wt")])
  sparse <- methods::as(Matrix::Matrix(x, sparse = TRUE), "CsparseMatrix")
  of <- function(x) nn_importance(nn_train(x, mtcars$mpg, hidden = 2, epochs = 5, seed = 1), list(X = x, Y = mtcars$mpg), seed = 1)
  expect_equal(of(sparse), of(x))
})

test_that("one number is drawn from R's generator without a seed, none when refused", {
  set.seed(3)
  nn_importance(flat_fit(), mtcars, repeats = 1)
  after <- .Random.seed
  set.seed(3)
  sample.int(.Machine$integer.max, 1L)
  expect_identical(.Random.seed, after)
  expect_error(nn_importance(flat_fit(), mtcars, metric = function(observed, predicted) NULL), class = "backprop_error_argument")
  expect_identical(.Random.seed, after)
  nn_importance(flat_fit(), mtcars, method = "gradient")
  expect_identical(.Random.seed, after)
})

test_that("importances are printed with what they are", {
  fit <- flat_fit()
  expect_snapshot({
    nn_importance(fit, mtcars, metric = "mae", seed = 1)
    nn_importance(fit, mtcars, method = "shapley", seed = 1)
    nn_importance(fit, mtcars, method = "olden")
    nn_importance(fit, mtcars, method = "olden")[1, ]
  })
})

test_that("a level without characters is an output like others", {
  data <- transform(iris, kind = factor(Species, labels = c("a", "", "b")), Species = NULL)
  fit <- nn_train(kind ~ Petal.Width + Sepal.Width, data = data, hidden = 2, epochs = 2, seed = 1, preset = "textbook")
  for (method in c("shapley", "gradient", "olden")) {
    repeats <- if (method == "shapley") 2
    expect_identical(unique(nn_importance(fit, data, method = method, repeats = repeats, seed = 1)$output), c("a", "", "b"))
  }
  expect_identical(unique(nn_shap(fit, data, data[1, ], samples = 2, output = "", seed = 1)$output), "")
  expect_identical(unique(nn_partial(fit, data, "Petal.Width", grid = 2)$output), c("a", "", "b"))
  expect_identical(nrow(nn_partial(fit, data, "Petal.Width", "ale", grid = 3)), 9L)
})

test_that("numbers that grow beyond all bounds are told of", {
  fit <- flat_fit()
  fit$weights[[1L]][] <- 1e200
  expect_warning(nn_importance(fit, mtcars, seed = 1), class = "backprop_warning_overflow")
})

test_that("so many orders or exchanges that there is no room for them are refused at once", {
  withr::local_options(backprop.max_bytes = 1e8)
  setTimeLimit(elapsed = 20)
  withr::defer(setTimeLimit())
  for (ensemble in 1:2) {
    fit <- nn_train(mpg ~ wt + hp, mtcars, hidden = 1, epochs = 1, ensemble = ensemble, preset = "textbook", seed = 1)
    expect_error(nn_shap(fit, mtcars, samples = 1e9), class = "backprop_error_memory")
    for (method in c("permutation", "shapley")) expect_error(nn_importance(fit, mtcars, method, repeats = 1e9), class = "backprop_error_memory")
  }
})
