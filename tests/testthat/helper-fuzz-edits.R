# Random calls: fits, traces and other objects with a field changed, dropped, or of another type, length or value. They end in a value that
# holds, or are refused by an error that says so.

# The object with one place in it spoilt, some levels deep; `path` says which.
spoilt <- function(x, depth = 3L) {
  bare <- unclass(x)
  if (is.list(x) && length(bare) > 0L && depth > 0L && (depth == 3L || chance(0.6))) {
    at <- sample.int(length(bare), 1L)
    name <- if (is.null(names(bare)) || !nzchar(names(bare)[at])) at else names(bare)[at]
    if (chance(0.15)) {
      bare[[at]] <- NULL
      inner <- list(x = NULL, path = "dropped")
    } else {
      inner <- spoilt(bare[[at]], depth - 1L)
      bare[at] <- list(inner$x)
    }
    attributes(bare) <- c(attributes(bare), attributes(x)[setdiff(names(attributes(x)), c("names", names(attributes(bare))))])
    return(list(x = bare, path = c(name, inner$path)))
  }
  list(x = spoilt_value(x), path = "changed")
}

spoilt_value <- function(x) {
  own <- if (is.numeric(x) && length(x) > 0L) {
    function() draw_one(replace(x, 1L, NaN), replace(x, length(x), Inf), replace(x, 1L, NA), x[-1L], c(x, x), -x, as.character(x), x + 0.5, x * 1e300, x[0L], as.list(x), t(x), as.integer(round(x)))
  } else if (is.character(x) && length(x) > 0L) {
    function() draw_one(x[-1L], c(x, "zzz"), rep(NA_character_, length(x)), toupper(x), factor(x), seq_along(x), "", rev(x))
  } else {
    function() draw_one(list(x), !isTRUE(x), NULL, seq_along(x))
  }
  if (chance(0.75)) own() else hostile_value()
}

targets_of_edits <- function() {
  list(edited_fit = target_of_edited_fit, edited_trace = target_of_edited_trace, edited_object = target_of_edited_object)
}

target_of_edited_fit <- function() {
  env <- fuzz_env()
  problem <- draw_problem(clean = TRUE)
  known <- trained(env, problem, utils::modifyList(draw_settings(problem, "right"), list(keep_weights = 2)[chance(0.3)], keep.null = TRUE))
  edited <- spoilt(known$fit)
  fit <- edited$x
  inputs <- known$problem$inputs
  data <- data_kind(known)(FALSE)
  action <- draw_one(
    list(quote(nn_predict), list(fit, inputs)), list(quote(nn_predict), list(fit, inputs)), list(quote(predict), list(fit, inputs)), list(quote(print), list(fit)),
    list(quote(summary), list(fit, data)), list(quote(print_of_summary), list(fit)), list(quote(coef), list(fit, scale = "original")), list(quote(fitted), list(fit, data)),
    list(quote(residuals), list(fit, data)), list(quote(logLik), list(fit, data)), list(quote(vcov), list(fit, data)), list(quote(nn_diagnose), list(fit, data)),
    list(quote(plot_on_paper), list(fit, type = draw_one("loss", "network", "weights", "history"))), list(quote(formula), list(fit)), list(quote(model.matrix), list(fit, data)),
    list(quote(nn_train), c(known$problem$first, list(start = fit, epochs = 2))), list(quote(nn_trace), c(list(fit), if (is.data.frame(data)) list(X = data) else data)),
    list(quote(update), list(fit, epochs = 1)), list(quote(weights), list(fit)), list(quote(nobs), list(fit)),
    list(quote(nn_predict), list(fit, inputs, epoch = 2))
  )
  draw <- fuzz_draw("edited_fit", action[[1L]], action[[2L]], env)
  draw$formula <- known$problem$first$formula
  draw$may_draw <- TRUE
  draw$typed <- paste(edited$path, collapse = "$")
  draw$holds <- function(value) {
    c(
      if (identical(action[[1L]], quote(nn_predict))) faults_of_prediction(value, known$fit, known$problem$n, unknown_rows(known$fit, inputs)),
      if (identical(action[[1L]], quote(nn_train)) && !all(is.finite(unlist(value$weights)))) "trains weights that are not finite"
    )
  }
  draw
}

target_of_edited_trace <- function() {
  env <- fuzz_env()
  edited <- spoilt(draw_trace(env))
  trace <- edited$x
  action <- draw_one(
    list(quote(print), list(trace)), list(quote(summary), list(trace)), list(quote(print_of_summary), list(trace)), list(quote(as.data.frame), list(trace)),
    list(quote(nn_view), list(trace, tempfile(fileext = ".html"))), list(quote(nn_write_trace), list(trace, tempfile(fileext = ".csv"))), list(quote(nn_check_gradient), list(trace)),
    list(quote(`[[`), list(trace, draw_one(1, "wout", "X"))), list(quote(`[`), list(trace, 1:2)), list(quote(print_a_step), list(trace)), list(quote(length), list(trace))
  )
  draw <- fuzz_draw("edited_trace", action[[1L]], action[[2L]], env)
  draw$typed <- paste(edited$path, collapse = "$")
  draw
}

# Objects that training takes. Answers that are only printed (diagnoses, checks, summaries) are not edited here: nothing is computed from them.
target_of_edited_object <- function() {
  action <- draw_one(
    list("optimizer", do.call(draw_from(fuzz_optimizers)$fun, list())), list("lr_schedule", do.call(draw_from(fuzz_schedules)$fun, list())),
    list("loss", draw_one(loss_huber(), loss_quantile())), list("start", nn_init(c(2, 2, 1), seed = 1))
  )
  edited <- spoilt(action[[2L]])
  arguments <- c(list(matrix(1:6 / 6, 3), c(0, 1, 1), hidden = 2, epochs = 3, seed = 1), stats::setNames(list(edited$x), action[[1L]]))
  draw <- fuzz_draw("edited_object", quote(nn_train), arguments)
  draw$typed <- paste(c(action[[1L]], edited$path), collapse = "$")
  draw$holds <- function(value) if (inherits(value, "nn_fit") && !all(is.finite(unlist(value$weights)))) "trains weights that are not finite"
  draw
}
