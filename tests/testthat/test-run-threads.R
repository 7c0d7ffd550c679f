# Where the system gives no thread, as in a browser or a container that has had all of its own.

test_that("where no thread can be had, training is the calling thread's alone: the same bits", {
  skip_on_cran()
  skip_on_os("windows")
  code <- c(
    "set.seed(1)",
    "rows <- data.frame(a = rnorm(600), b = rnorm(600), y = rnorm(600))",
    "chain <- nn_train(y ~ ., rows, hidden = 64, preset = 'textbook', epochs = 3, threads = 2, seed = 1)",
    "ensemble <- nn_train(y ~ ., rows, hidden = 4, epochs = 3, validation = 0.2, ensemble = 2, threads = 2, seed = 1)",
    "cat('numbers', format(c(unlist(coef(chain)), predict(ensemble, rows)$.pred), digits = 17), fill = FALSE)"
  )
  numbers <- function() {
    process <- run_process(code)
    expect_identical(process$status, 0L)
    grep("^numbers", process$output, value = TRUE)
  }
  wanted <- numbers()
  # More memory for the stack of each thread than any processor can address.
  withr::local_envvar(RUST_MIN_STACK = format(2^50, scientific = FALSE))
  expect_length(wanted, 1L)
  expect_identical(numbers(), wanted)
})
