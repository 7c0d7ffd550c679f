# Fits of all kinds, and rows to predict with them: what exported files are held to.

# Rows with gaps, a level that training did not have, and a number that is none.
rows_with_faults <- function() {
  d <- layers_table()
  d$x[3] <- NA
  d$city <- as.character(d$city)
  d$city[5:6] <- c("new", NA)
  d$z[7] <- Inf
  d
}

# A list by name of lists of `fit`, `data` and `expected`, what nn_predict() gives; made once.
export_cases <- local({
  made <- NULL
  function() {
    if (is.null(made)) {
      all <- c(cases_of_layers(), cases_of_matrices(), cases_of_formulas(), cases_of_outcomes(), cases_of_tables(), cases_of_calibrations())
      made <<- lapply(all, function(case) c(case, list(expected = expected_of(case))))
    }
    made
  }
})

a_case <- function(formula, data = layers_table(), new = rows_with_faults(), ...) {
  list(fit = nn_train(formula, data = data, preset = "textbook", hidden = 3, epochs = 3, seed = 1, ...), data = new)
}

cases_of_layers <- function() lapply(layer_networks, function(network) list(fit = train_layers(network(), epochs = 2), data = rows_with_faults()))

cases_of_matrices <- function() {
  X <- as.matrix(mtcars[2:5])
  gaps <- replace(X, c(3, 40), NA)
  train <- function(X, ...) nn_train(X, mtcars$mpg, epochs = 3, seed = 1, ...)
  curves <- lapply(stats::setNames(nm = setdiff(names(activations), "linear")), function(name) {
    # Far from the rows of training weighted inputs are far from 0.
    list(fit = train(X, hidden = c(4, 3), activation = name, standardize = TRUE), data = rbind(X, -5 * X))
  })
  c(curves, list(
    no_hidden = list(fit = train(unname(X), hidden = c()), data = unname(gaps)), one_row = list(fit = train(X, standardize = TRUE), data = X[1L, , drop = FALSE]),
    filled_matrix = list(fit = train(gaps, na_action = "impute"), data = replace(X, c(1, 2), NA)),
    offset = list(fit = train(X, offset = mtcars$qsec), data = cbind(X, offset = mtcars$qsec))
  ))
}

cases_of_formulas <- function() {
  d <- layers_table()
  rounded <- function(d) transform(d, count = round(z))
  list(
    arithmetic = a_case(y ~ log(z) + I(x^2) + exp(-abs(x)) + sqrt(z) + city * x + pmin(x, z, 1) + I(x %% 2) + tanh(x) + log10(z) + trunc(x)),
    splines = a_case(y ~ splines::ns(x, 3) + splines::bs(z, df = 5)),
    poly = a_case(y ~ poly(x, 3) + poly(z, 2, raw = TRUE) + flag:city), scaled = a_case(y ~ scale(x) + log(z - min(z) + 1) + I((x - mean(x)) / sd(x))),
    conditions = a_case(y ~ (x > 0) + ifelse(city == "ams", z, x) + I(kind %in% c("p", "q") & !flag) + I(is.na(x) | z > 1)),
    factors = a_case(
      y ~ factor(count) + cut(x, 3) + cut(z, c(0, 0.5, 1, Inf), right = FALSE) + factor(x > 1), rounded(d),
      transform(rounded(rows_with_faults()), count = replace(count, 1:2, c(99, NA)))
    ),
    crossed = a_case(y ~ city:kind + x:kind:flag), filled = a_case(
      y ~ log(abs(x)) + city + flag + cut(z, c(-1, 0.5, 1)), replace(d, "x", list(replace(d$x, 1:3, NA))), rows_with_faults(), na_action = "impute"
    ),
    rare = a_case(y ~ city + x, rare_levels = 17), in_formula = a_case(y ~ x + offset(z) + offset(log(z)))
  )
}

cases_of_outcomes <- function() {
  d <- transform(layers_table(), count = round(z), two = factor(kind == "p", labels = c("other", "p")), trials = round(z) + 3)
  list(
    three_levels = a_case(class ~ x + city, d), two_levels = a_case(two ~ x + city, d), logical = a_case(flag ~ x + city, d),
    several = a_case(cbind(y, z) ~ x + city, d, standardize = TRUE),
    poisson = a_case(count ~ x, d, family = "poisson"), trials = a_case(cbind(count, trials) ~ x, d, family = "binomial"),
    ordinal = a_case(class ~ x + city, d, family = "ordinal"),
    location_scale = a_case(y ~ x, d, family = "location_scale", standardize = TRUE), gamma = a_case(z ~ x, d, family = "gamma"),
    quantiles = a_case(y ~ x + z, d, loss = loss_quantile(c(0.1, 0.5)), clip_predictions = TRUE),
    logarithm = a_case(z ~ x + city, d, outcome_transform = "log", standardize = TRUE)
  )
}

cases_of_tables <- function() {
  d <- layers_table()
  numbers <- d[setdiff(names(d), "class")]
  list(
    robust = a_case(y ~ x + z + city, standardize = "robust", embed = "piecewise"), quantile = a_case(y ~ x + z + city, standardize = "quantile"),
    default_table = list(fit = nn_train(numbers[-6L], numbers$y, seed = 1, epochs = 5), data = rows_with_faults()),
    default_logarithm = list(fit = nn_train(z ~ ., numbers, seed = 1, epochs = 5), data = rows_with_faults()),
    default_classes = list(fit = nn_train(class ~ ., d, seed = 1, epochs = 5), data = rows_with_faults())
  )
}

# Networks that are too sure, some calibrated by every method and others by one; `sure` is sure of every row, so that probabilities are held away from 0 and 1.
cases_of_calibrations <- function() {
  two <- overconfident_data(60)
  three <- overconfident_data(60, 3)
  train <- function(formula, data, ...) {
    nn_train(formula, data, hidden = 3, activation = "tanh", optimizer = "lbfgs", epochs = 100, penalty = 0.001, seed = 1, preset = "textbook", ...)
  }
  with_flag <- function(data) transform(data, y = y == "b")
  with_order <- function(data) transform(data, y = ordered(y))
  with_counts <- function(data) cbind(data[c("x", "noise")], won = 2 * (data$y == "b"), lost = 1 + (data$y == "a"))
  sure <- train(y ~ x + noise, two)
  sure$weights[[2L]] <- sure$weights[[2L]] * 1e4
  fits <- list(
    two = train(y ~ x + noise, two), softmax = train(y ~ x + noise, two, output = "softmax"), three = train(y ~ x + noise, three),
    sigmoids = train(y ~ x + noise, three, output = "sigmoid"), ordinal = train(y ~ x, with_order(three), family = "ordinal"),
    flag = train(y ~ x, with_flag(three)), counts = train(cbind(won, lost) ~ x, with_counts(three), family = "binomial"),
    several_two = nn_train(y ~ x + noise, two, seed = 1, epochs = 5), several_three = nn_train(y ~ x + noise, three, seed = 1, epochs = 5), sure = sure
  )
  by_one <- c(softmax = "temperature", sigmoids = "platt", ordinal = "isotonic", flag = "platt", counts = "temperature", several_two = "isotonic", several_three = "platt")
  made <- lapply(names(fits), function(name) {
    as_outcome <- switch(name, ordinal = with_order, flag = with_flag, counts = with_counts, identity)
    rows <- as_outcome(overconfident_data(150, if (name %in% c("two", "softmax", "several_two", "sure")) 2 else 3, seed = 2))
    new <- overconfident_data(25, seed = 3)[c("x", "noise")]
    new$x[1:5] <- c(-300, 300, NA, 20, -20)
    methods <- if (name %in% names(by_one)) by_one[[name]] else calibration_methods
    lapply(stats::setNames(methods, paste("calibrated", name, methods, sep = "_")), function(method) {
      # Of the one that is sure of every row the temperature is the highest there is.
      list(fit = suppressWarnings(nn_calibrate(fits[[name]], rows, method), classes = "backprop_warning_calibration"), data = new)
    })
  })
  unlist(made, recursive = FALSE)
}
