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

# Fits of format 3 with their predictions, stored by version 0.2.0; beside them the script that made them.
stored_3 <- readRDS(test_path("fixtures", "fits-format-3.rds"))

test_that("fits of format 3 predict what they did: chains, layers of other kinds, ensembles, encodings and families", {
  for (name in names(stored_3$fits)) {
    fit <- stored_3$fits[[name]]
    # To what other processors round.
    expect_equal(nn_predict(fit, stored_3$new[[name]]), stored_3$expected[[name]], tolerance = 1e-12, label = name)
    expect_output(print(fit), "nn_")
    expect_output(print(summary(fit)))
  }
})

test_that("they go on, and give their weights", {
  table <- transform(mtcars, gear = factor(gear), kind = ifelse(vs == 1, "v", "s"))
  for (name in c("layered", "ensemble", "family", "ordered")) {
    fit <- stored_3$fits[[name]]
    more <- nn_train(formula(fit), data = table, start = fit, epochs = 2, preset = "textbook")
    expect_gt(more$epochs_done, fit$epochs_done)
    expect_identical(more$format, fit_format)
    expect_type(coef(nn_member(fit, 1))$weights, "list")
  }
})

test_that("a version that knows chains alone does not read layers: the format is above that of version 0.1.0", {
  expect_gt(stored_3$fits$layered$format, 1L)
  newer <- replace(stored_3$fits$layered, "format", fit_format + 1L)
  expect_error(predict(newer, mtcars), class = "backprop_error_newer_format")
})
