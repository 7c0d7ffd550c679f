# Fits of format 1 with their predictions, stored by version 0.1.0.
stored <- readRDS(test_path("fixtures", "fits-format-1.rds"))

test_that("fits of format 1 predict the bits that they did", {
  for (name in names(stored$fits)) {
    expect_identical(nn_predict(stored$fits[[name]], stored$new[[name]]), stored$expected[[name]], label = name)
  }
})

test_that("they answer to everything else", {
  fits <- stored$fits
  data <- transform(mtcars, gear = factor(gear), vs = as.logical(vs), kind = ifelse(am == 1, "manual", "automatic"))
  expect_identical(deparse1(formula(fits$classes)), "gear ~ mpg + wt + hp + vs + kind")
  expect_identical(dim(model.matrix(fits$formula, data)), c(32L, 12L))
  expect_output(print(fits$data.frame), "nn_fit")
  expect_output(print(summary(fits$data.frame)), "Validation: +6 rows|Validation: +8 rows")
  more <- nn_train(formula(fits$formula), data = data, start = fits$formula, epochs = 2, preset = "textbook")
  expect_identical(more$epochs_done, 22L)
  expect_identical(more$format, fit_format)
  expect_silent(logLik(fits$classes))
})

test_that("an edited one is refused, whichever of its fields was taken out or set", {
  skip_on_cran()
  places <- function(x, at = list()) {
    if (!is.list(x) || length(at) == 3L) {
      return(list(at))
    }
    c(if (length(at) > 0L) list(at), unlist(lapply(names(unclass(x)), function(name) places(unclass(x)[[name]], c(at, name))), recursive = FALSE))
  }
  for (name in c("data.frame", "formula")) {
    fit <- stored$fits[[name]]
    for (at in places(unclass(fit)[c("blueprint", "rows", "validation_rows", "settings", "inputs")])) {
      for (value in c(never_right, list(NULL, NA))) {
        # Whatever comes is ours, or a prediction: of what was recorded not all is needed.
        edited <- tryCatch(edit(fit, at, value), error = function(cnd) NULL)
        answer <- if (!is.null(edited)) tryCatch(nn_predict(edited, stored$new[[name]]), error = identity)
        expect_true(!inherits(answer, "error") || inherits(answer, "backprop_error"), label = paste(name, place_of(at)))
      }
    }
  }
  expect_error(print(edit(stored$fits$formula, "blueprint", list(kind = "formula"))), class = "backprop_error_edited_fit")
  expect_error(print(edit(stored$fits$formula, "settings", 1)), class = "backprop_error_edited_fit")
})
