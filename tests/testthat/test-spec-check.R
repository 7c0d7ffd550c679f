test_that("checks return what the engine wants", {
  expect_identical(check_count(3, "n"), 3L)
  expect_identical(check_count(0, "n", min = 0), 0L)
  expect_identical(check_positive(1L, "x"), 1)
  expect_identical(check_hidden(NULL), integer())
  expect_identical(check_hidden(numeric()), integer())
  expect_identical(check_hidden(c(8, 4)), c(8L, 4L))
  expect_identical(check_seed(-5), -5L)
  expect_identical(check_between(0, "x", 0, 1), 0)
})

test_that("values are described as they would be typed", {
  expect_identical(describe_value(NULL), "`NULL`")
  expect_identical(describe_value(NA), "`NA`")
  expect_identical(describe_value("a"), "`\"a\"`")
  expect_identical(describe_value(c(1, 2.5)), "`c(1, 2.5)`")
  expect_identical(describe_value(1:9), "`c(1, 2, 3, 4, 5, ...)`")
  expect_identical(describe_value(character()), "`character(0)`")
  expect_identical(describe_value(list(1)), "a list")
  expect_identical(describe_value(iris), "a data frame")
  expect_identical(describe_value(mean), "a function")
  expect_identical(describe_value(diag(2)), "a double matrix")
  expect_identical(describe_value(Sys.Date()), "a Date")
})

test_that("no argument of an exported function gives an error that is not ours, whatever it is given", {
  skip_on_cran()
  S4 <- methods::getClass("numeric")
  others <- list(new.env(), quote(x), sum, list(list(1)), 1i, as.raw(1), factor("a"), matrix(0, 0, 3), "\xff", methods::new("externalptr"))
  fit <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  trace <- nn_trace(article_X, article_Y, seed = 1)
  known <- list(X = article_X, Y = article_Y, fit = fit, trace = trace, file = tempfile(), epochs = 1, name = "relu", sizes = 2:1, z = 1)
  exported <- getNamespaceExports("backprop")
  methods <- list(nn_train = nn_train.matrix, nn_trace = nn_trace.nn_fit, nn_check_gradient = nn_check_gradient.nn_trace)
  count <- 0L
  for (name in setdiff(exported, "nn_last")) {
    f <- if (is.null(methods[[name]])) get(name) else methods[[name]]
    arguments <- setdiff(names(formals(f)), "...")
    given <- known[intersect(arguments, names(known))]
    for (argument in arguments) {
      count <- count + 1L
      for (value in list(S4, others[[count %% length(others) + 1L]])) {
        # What the user's own function does is the user's.
        if (argument == "callback" && is.function(value)) next
        call <- replace(given, argument, list(value))
        answer <- tryCatch(suppressMessages(do.call(f, call, quote = TRUE)), error = identity, warning = identity)
        expect_true(!inherits(answer, "condition") || inherits(answer, c("backprop_error", "backprop_warning")), label = paste(name, argument, describe_type(value)))
      }
    }
  }
  expect_gt(count, 100)
})

test_that("numbers of a class of their own, whose operators do something else, are refused", {
  labelled <- structure(3, class = c("haven_labelled", "vctrs_vctr", "double"), labels = c(few = 3))
  for (arg in c("hidden", "epochs", "lr", "batch_size", "penalty", "threads", "seed", "stop_iter", "tol", "dropout")) {
    expect_error(do.call(nn_train, c(list(article_X, article_Y), stats::setNames(list(labelled), arg))), "haven_labelled", class = "backprop_error_argument")
  }
  expect_error(nn_perceptron(c(0, 1), bias = labelled), class = "backprop_error_argument")
  expect_error(schedule_plateau(tolerance = labelled), class = "backprop_error_argument")
  expect_error(loss_quantile(tau = labelled), class = "backprop_error_argument")
})
