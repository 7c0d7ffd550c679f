# CRAN wants all tests in a minute.
skip_on_cran()

held <- suppressWarnings(nn_train(
  article_X, article_Y,
  hidden = 3, epochs = 3, optimizer = "adam", lr_schedule = "cosine", validation = list(X = article_X, Y = article_Y), stop_iter = 1,
  keep = "data", keep_weights = 1, seed = 1
))
gaps <- mixed_table()
gaps$number[3] <- gaps$text[5] <- NA
by_formula <- nn_train(y ~ poly(whole, 2) + flag * group + number + text,
  data = gaps, epochs = 2, optimizer = "lbfgs", na_action = "impute", standardize = TRUE, keep = "data", seed = 1, preset = "textbook"
)
classes <- nn_train(Species ~ ., data = iris, hidden = c(), epochs = 2, clip_norm = 1, seed = 1, preset = "textbook")
fits <- list(matrix = held, formula = by_formula, classes = classes)

wrong_in <- function(fit, parts = names(fit_fields)) {
  for (part in parts) {
    wrong <- find_wrong(unclass(fit), fit_fields[[part]])
    if (!is.null(wrong)) {
      return(wrong)
    }
  }
  NULL
}

test_that("fits as training makes them are what the tables say", {
  more <- list(
    nn_train(article_X, article_Y, epochs = 0, seed = 1), nn_train(article_X, article_Y, restarts = 2, epochs = 2, seed = 1),
    nn_train(mixed_table()[1:6], mixed_table()$y, epochs = 2, seed = 1, preset = "textbook"), nn_train(article_X, article_Y, start = held, epochs = 1, validation = NULL),
    nn_train(mpg ~ wt, data = mtcars, loss = loss_quantile(), dropout = 0.1, optimizer = "rprop", epochs = 2, seed = 1, preset = "textbook"),
    nn_train(article_X[0 * 1:3 + 1, ], article_Y, epochs = 2, standardize = TRUE, seed = 1)
  )
  for (fit in c(fits, more)) expect_null(wrong_in(fit))
})

test_that("every field is refused when it is something else, and by its name", {
  for (fit in fits) {
    for (part in names(fit_fields)) {
      for (rule in rules_of(fit_fields[[part]])) {
        # What a fit does not have, such as a best epoch, has no fields.
        if (length(rule$at) > 1L && is.null(field_at(fit, rule$at[-length(rule$at)]))) next
        for (kind in names(never_right)) {
          found <- find_wrong(unclass(edit(fit, rule$at, never_right[[kind]])), fit_fields[[part]])
          expect_identical(found$at, place_of(rule$at), label = paste(part, place_of(rule$at), kind))
        }
        if (!is.null(field_at(fit, rule$at))) {
          found <- find_wrong(unclass(edit(fit, rule$at, NULL)), fit_fields[[part]])
          # Without its centre a scale is wrong; a matrix without gaps has no blueprint.
          may <- (rule$optional && rule$at[length(rule$at)] != "center") || (identical(rule$at, "blueprint") && fit$interface == "matrix")
          expect_identical(is.null(found), may, label = paste(part, place_of(rule$at), "taken out"))
        }
      }
    }
  }
})

test_that("no number may be missing but a loss", {
  losses <- c("$final_loss", "$final_objective", "$final_validation_loss", "$best$loss")
  for (fit in fits) {
    for (part in names(fit_fields)) {
      for (rule in rules_of(fit_fields[[part]])) {
        value <- field_at(fit, rule$at)
        if (!is.numeric(value) || length(value) == 0L || place_of(rule$at) %in% losses) next
        value[1L] <- NA
        expect_match(find_wrong(unclass(edit(fit, rule$at, value)), fit_fields[[part]])$at, place_of(rule$at), fixed = TRUE)
      }
    }
  }
})

# Fields that are right by themselves and do not go together.
test_that("fields must fit each other", {
  edits <- list(
    list("matrix", c("settings", "sizes"), c(4L, 3L, 2L)), list("matrix", c("settings", "sizes"), c(4L, 3L)), list("matrix", c("settings", "sizes"), c(3L, 3L, 1L)),
    list("matrix", c("settings", "hidden"), 4L), list("matrix", c("settings", "activation"), c("tanh", "tanh")),
    list("matrix", c("settings", "output"), "softmax"), list("matrix", c("settings", "loss"), "poisson"), list("matrix", c("settings", "loss_par"), 0.5),
    list("matrix", c("settings", "dropout"), c(0.1, 0.2)), list("matrix", c("settings", "layer_init"), "normal"), list("matrix", c("settings", "init"), rep("normal", 3)),
    list("matrix", c("inputs", "n"), 3L), list("formula", c("inputs", "names"), "a"), list("formula", c("inputs", "center"), 0),
    list("formula", c("inputs", "center"), NULL), list("formula", c("inputs", "scale"), rep(0, 13)), list("formula", c("inputs", "scale"), NULL),
    list("matrix", c("outcome", "k"), 2L), list("matrix", c("outcome", "kind"), "factor"), list("classes", c("outcome", "levels"), c("a", "b")),
    list("classes", c("outcome", "levels"), c("a", "a", "b")), list("classes", c("outcome", "kind"), "numeric"), list("formula", c("outcome", "center"), NaN),
    list("formula", c("outcome", "scale"), 0), list("formula", c("outcome", "center"), c(1, 2)), list("matrix", "interface", "formula"),
    list("formula", "interface", "matrix"), list("formula", "interface", "data.frame"), list("matrix", "weights", rev(held$weights)),
    list("matrix", "weights", held$weights[1]), list("matrix", "biases", rev(held$biases)), list("matrix", c("best", "weights"), held$weights[2:1]),
    list("matrix", c("last", "weights"), held$weights[2:1]), list("matrix", c("optimizer_state", "slots", "mean", "weights"), held$weights[2:1]),
    list("matrix", "snapshots", list(held$snapshots[[1]][1:2])), list("matrix", "history", held$history[-2]), list("matrix", "data", list(X = article_X)),
    list("formula", "data", list(X = 1, Y = 1)), list("matrix", c("data", "case_weights"), c(1, -1, 1)),
    list("formula", c("blueprint", "kind"), "data.frame"), list("formula", c("blueprint", "input_columns"), "nonsense"),
    list("formula", c("blueprint", "variables"), by_formula$blueprint$variables[-1]), list("formula", c("blueprint", "typed", "variables"), list()),
    list("formula", c("blueprint", "design", "terms"), by_formula$blueprint$design$terms[-1]), list("formula", c("blueprint", "design", "names"), "a")
  )
  for (one in edits) {
    fit <- edit(fits[[one[[1]]]], one[[2]], one[[3]])
    expect_false(is.null(wrong_in(fit)), label = paste("that", one[[1]], place_of(one[[2]]), "is accepted"))
  }
})

methods_of_fits <- function() {
  table <- getNamespaceInfo("backprop", "S3methods")
  # The handlers of vetiver take a model of its own that holds a fit.
  setdiff(sub("^ggplot2::", "", table[table[, 2] == "nn_fit", 1]), c("extractAIC", "handler_predict", "handler_startup"))
}

# A call of everything that takes a fit.
entries <- function(fit) {
  by_method <- lapply(stats::setNames(nm = methods_of_fits()), function(generic) {
    method <- get(paste0(generic, ".nn_fit"), asNamespace("backprop"))
    function() if (generic %in% c("predict", "yhat", "get_predict")) method(fit, article_X) else method(fit)
  })
  c(by_method, list(
    nn_predict = function() nn_predict(fit, article_X), nn_gradient = function() nn_gradient(fit, article_X, article_Y),
    nn_hessian = function() nn_hessian(fit, article_X, article_Y), nn_diagnose = function() nn_diagnose(fit),
    start = function() nn_train(article_X, article_Y, start = fit), start_of_trace = function() nn_trace(article_X, article_Y, start = fit),
    AIC = function() AIC(fit), BIC = function() BIC(fit)
  ))
}

test_that("everything that takes a fit refuses one that was edited", {
  edits <- list(
    edit(held, "settings", 1), edit(held, c("outcome", "scale"), NaN), edit(held, c("inputs", "n"), 3L), edit(held, "format", "1"),
    structure(list(), class = "nn_fit"), edit(held, "weights", held$weights[1])
  )
  for (fit in edits) {
    calls <- entries(fit)
    for (name in names(calls)) {
      expect_error(calls[[name]](), class = "backprop_error_edited_fit", label = name)
    }
  }
  expect_gt(length(calls), 30)
  for (name in names(entries(1))) {
    expect_error(entries(structure(1, class = "nn_fit"))[[name]](), class = "backprop_error_not_a_fit", label = name)
  }
})

test_that("a format is a whole number from 1 on", {
  for (format in list("1", NA, -1, 0, 1.5, NULL, list(), Inf, 1:2, TRUE, 1i)) {
    expect_error(nn_predict(edit(held, "format", format), article_X), class = "backprop_error_edited_fit")
  }
  expect_error(nn_predict(edit(held, "format", 99), article_X), class = "backprop_error_newer_format")
})

test_that("what a prediction does not need is looked at where it is needed", {
  expect_identical(nn_predict(edit(held, "history", 1), article_X), nn_predict(held, article_X))
  expect_error(print(edit(held, "history", 1)), class = "backprop_error_edited_fit")
  expect_error(predict(edit(by_formula, "rows", -1), gaps, type = "pred_int"), class = "backprop_error_edited_fit")
  snapshots <- edit(held, "snapshots", list(1))
  expect_error(nn_predict(snapshots, article_X, epoch = 1), class = "backprop_error_edited_fit")
  expect_error(coef(snapshots, epoch = 1), class = "backprop_error_edited_fit")
  expect_error(plot(snapshots, "history"), class = "backprop_error_edited_fit")
  expect_error(nn_train(article_X, article_Y, start = edit(held, c("optimizer_state", "steps"), -1)), class = "backprop_error_edited_fit")
})

test_that("the last description is not read again, but an edited one is", {
  expect_identical(nn_predict(held, article_X), nn_predict(held, article_X))
  for (again in 1:2) expect_error(nn_predict(edit(held, c("inputs", "n"), 3L), article_X), class = "backprop_error_edited_fit")
  expect_silent(nn_predict(held, article_X))
})

test_that("the message names the field, what it must be and what it is", {
  expect_snapshot(error = TRUE, {
    nn_predict(edit(held, "settings", 1), article_X)
    nn_predict(edit(held, c("inputs", "n"), 3L), article_X)
    nn_predict(edit(by_formula, c("outcome", "center"), NaN), gaps)
    nn_predict(edit(classes, c("outcome", "levels"), c("a", "b")), iris)
    nn_predict(edit(by_formula, c("blueprint", "design", "variables"), list()), gaps)
    print(edit(held, "history", data.frame(epoch = 1)))
    summary(edit(held, c("settings", "optimizer", "beta1"), 2))
    nn_train(article_X, article_Y, start = edit(held, c("optimizer_state", "slots"), list(mean = list())))
  })
})
