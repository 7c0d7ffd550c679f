# The methods in R: each takes training rows (a data frame), test rows, and gives predictions, with its times.

# Besides the clock's seconds those of the processor (all threads), which depend less on what else the machine does.
timed <- function(fit, predict) {
  processor_seconds <- function(time) sum(time[c("user.self", "sys.self")])
  began <- proc.time()
  model <- fit()
  fitted <- proc.time()
  answer <- predict(model)
  if (!is.list(answer)) answer <- list(predicted = answer)
  done <- proc.time()
  c(answer, list(
    fit = fitted[["elapsed"]] - began[["elapsed"]], cpu = processor_seconds(fitted) - processor_seconds(began),
    predict = done[["elapsed"]] - fitted[["elapsed"]], note = attr(model, "note")
  ))
}

backprop_with <- function(...) {
  function(table, train, test, threads, seed) {
    # What is made by the package is made when it is needed.
    knobs <- lapply(list(...), eval)
    if (anyNA(train[setdiff(names(train), table$outcome)]) || anyNA(test[setdiff(names(test), table$outcome)])) knobs$na_action <- "impute"
    formula <- stats::reformulate(".", table$outcome)
    # By name and quoted, so that the call stays short.
    fit <- function() {
      set.seed(seed)
      do.call(backprop::nn_train, c(list(formula, data = quote(train)), knobs, list(threads = threads)))
    }
    environment(fit) <- list2env(list(train = train, knobs = knobs, formula = formula, threads = threads, seed = seed), parent = environment())
    timed(fit, function(model) {
      suppressWarnings(if (table$kind == "classes") {
        as.matrix(stats::predict(model, test, type = "prob"))
      } else {
        predicted <- as.matrix(stats::predict(model, test))
        interval <- tryCatch(as.list(stats::predict(model, test, type = "pred_int", level = 0.9)), error = function(e) NULL)
        list(predicted = predicted, interval = interval)
      })
    })
  }
}

# Medians and a level of its own for what is missing, for methods that take no gaps.
without_gaps <- function(train, test, outcome) {
  for (name in setdiff(names(train), outcome)) {
    gaps <- list(is.na(train[[name]]), is.na(test[[name]]))
    if (is.factor(train[[name]]) || is.character(train[[name]])) {
      # Levels that only test rows have, too: what a method makes of them is its own business.
      levels <- unique(c(levels(factor(train[[name]])), levels(factor(test[[name]])), if (any(unlist(gaps))) "missing"))
      fill <- function(x, gap) factor(ifelse(gap, "missing", as.character(x)), levels = levels)
    } else {
      middle <- stats::median(train[[name]], na.rm = TRUE)
      fill <- function(x, gap) ifelse(gap, middle, x)
    }
    train[[name]] <- fill(train[[name]], gaps[[1L]])
    test[[name]] <- fill(test[[name]], gaps[[2L]])
  }
  list(train = train, test = test)
}

ranger_defaults <- function(table, train, test, threads, seed) {
  rows <- without_gaps(train, test, table$outcome)
  timed(
    function() {
      ranger::ranger(
        stats::reformulate(".", table$outcome), rows$train, probability = table$kind == "classes", num.threads = threads, seed = seed
      )
    },
    function(model) {
      test <- rows$test
      as.matrix(stats::predict(model, test, num.threads = threads)$predictions)
    }
  )
}

# The lasso, or multinomial lasso, at the penalty of the smallest cross-validated loss.
linear_lasso <- function(table, train, test, threads, seed) {
  rows <- without_gaps(train, test, table$outcome)
  both <- rbind(rows$train, rows$test)
  x <- stats::model.matrix(stats::reformulate(".", table$outcome), both)[, -1L, drop = FALSE]
  at <- seq_len(nrow(train))
  y <- rows$train[[table$outcome]]
  family <- if (table$kind == "number") "gaussian" else if (nlevels(y) == 2L) "binomial" else "multinomial"
  if (ncol(x) == 1L) x <- cbind(x, 0)
  timed(
    function() {
      set.seed(seed)
      glmnet::cv.glmnet(x[at, , drop = FALSE], y, family = family)
    },
    function(model) {
      p <- stats::predict(model, x[-at, , drop = FALSE], s = "lambda.min", type = "response")
      if (family == "binomial") cbind(1 - p, p) else if (family == "multinomial") p[, , 1L] else p
    }
  )
}

nnet_five <- function(table, train, test, threads, seed) {
  rows <- without_gaps(train, test, table$outcome)
  for (name in setdiff(names(train), table$outcome)) {
    if (is.numeric(rows$train[[name]])) {
      m <- mean(rows$train[[name]])
      s <- stats::sd(rows$train[[name]])
      rows <- lapply(rows, function(data) {
        data[[name]] <- (data[[name]] - m) / (if (s > 0) s else 1)
        data
      })
    }
  }
  y <- rows$train[[table$outcome]]
  middle <- if (table$kind == "number") mean(y) else 0
  spread <- if (table$kind == "number") stats::sd(y) else 1
  if (table$kind == "number") rows$train[[table$outcome]] <- (y - middle) / spread
  timed(
    function() {
      set.seed(seed)
      nnet::nnet(
        stats::reformulate(".", table$outcome), rows$train, size = 5, decay = 0.01, maxit = 500, linout = table$kind == "number", trace = FALSE,
        MaxNWts = 1e5
      )
    },
    function(model) {
      p <- stats::predict(model, rows$test)
      if (table$kind == "number") p * spread + middle else if (ncol(p) == 1L) cbind(1 - p, p) else p
    }
  )
}

# A smooth of each numeric column with enough values; numbers and two classes only.
gam_smooth <- function(table, train, test, threads, seed) {
  y <- train[[table$outcome]]
  if (table$kind == "classes" && nlevels(y) > 2L) stop("only for numbers and two classes")
  rows <- without_gaps(train, test, table$outcome)
  names <- setdiff(names(train), table$outcome)
  if (length(names) > 60L) stop("too many columns")
  smooth <- vapply(rows$train[names], function(x) is.numeric(x) && length(unique(x)) > 12L, NA)
  terms <- ifelse(smooth, paste0("s(", names, ")"), names)
  family <- if (table$kind == "number") stats::gaussian() else stats::binomial()
  timed(
    function() mgcv::bam(stats::reformulate(terms, table$outcome), data = rows$train, family = family, discrete = TRUE),
    function(model) {
      p <- as.matrix(stats::predict(model, rows$test, type = "response"))
      if (table$kind == "number") p else cbind(1 - p, p)
    }
  )
}

# The default with one thing left out or changed.
ablations <- list(
  `one-network` = list(ensemble = 1, blend = NULL), `four-networks` = list(ensemble = 4), `sixteen-networks` = list(ensemble = 16),
  `no-blend` = list(blend = NULL), `no-encoding` = list(embed = NULL), `sixteen-bins` = list(embed = quote(backprop::embed_piecewise(16))),
  robust = list(standardize = "robust"), quantile = list(standardize = "quantile"), `smaller-networks` = list(hidden = c(64, 32), blend = c("linear", "small")),
  `no-clipping` = list(clip_norm = NULL), `free-predictions` = list(clip_predictions = FALSE), `rare-levels-kept` = list(rare_levels = 1), relu = list(activation = "relu", blend = c("linear", "small")),
  dropout = list(dropout = 0.2), double = list(precision = "double"), `patience-20` = list(stop_iter = 20, epochs = 200)
)

methods_in_r <- list(
  backprop = backprop_with(),
  `backprop-quick` = backprop_with(effort = "quick"),
  `backprop-thorough` = backprop_with(effort = "thorough"),
  `backprop-textbook` = backprop_with(preset = "textbook"),
  ranger = ranger_defaults, linear = linear_lasso, nnet = nnet_five, gam = gam_smooth
)
methods_in_r <- c(methods_in_r, stats::setNames(
  lapply(ablations, function(knobs) do.call(backprop_with, knobs)), paste0("backprop-", names(ablations))
))
