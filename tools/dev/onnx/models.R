# Exports fits of every kind as ONNX, with rows and what R predicts of them, for check.py. usage: models.R FOLDER
if (!"backprop" %in% loadedNamespaces()) library(backprop)
folder <- commandArgs(TRUE)[1L]

# What R predicts is of the numbers that an ONNX model gets: in single precision.
as_single <- function(x) {
  known <- !is.na(x)
  x[known] <- readBin(writeBin(as.double(x[known]), raw(), size = 4L), "double", sum(known), size = 4L)
  x
}

rows_of <- function(values) lapply(seq_len(nrow(values)), function(i) as.list(unname(values[i, ])))

inputs_of <- function(data) {
  if (is.matrix(data)) {
    return(list(X = list(kind = "numbers", values = rows_of(data))))
  }
  lapply(data, function(column) {
    if (is.factor(column) || is.character(column)) {
      list(kind = "texts", values = as.list(ifelse(is.na(column), "", as.character(column))))
    } else {
      list(kind = "numbers", values = rows_of(matrix(as.double(column))))
    }
  })
}

save_model <- function(name, fit, data, offset = NULL, tolerance = 1e-5) {
  if (is.matrix(data)) data <- as_single(data) else data[] <- lapply(data, function(column) if (is.double(column)) as_single(column) else column)
  predicted <- nn_predict(fit, data, offset = offset)
  levels <- fit$outcome$levels
  if (!is.null(levels) && ncol(predicted) == 1L) predicted <- cbind(1 - predicted, predicted)
  labels <- if (!is.null(levels)) as.character(nn_predict(fit, data, type = "class", offset = offset))
  inputs <- inputs_of(data)
  if (!is.null(offset)) inputs$offset <- list(kind = "numbers", values = rows_of(matrix(rep_len(offset, nrow(data)))))
  told <- list(
    inputs = inputs, predictions = rows_of(predicted), classes = as.list(levels), labels = as.list(ifelse(is.na(labels), "", labels)), tolerance = tolerance
  )
  nn_export(fit, file.path(folder, paste0(name, ".onnx")))
  # One number is a number there, and what is missing is null.
  writeLines(jsonlite::toJSON(told, auto_unbox = TRUE, digits = NA, na = "null", null = "null"), file.path(folder, paste0(name, ".json")), useBytes = TRUE)
}

quick <- function(...) nn_train(..., preset = "textbook", seed = 1)

cars <- transform(mtcars, cyl = factor(cyl), am = am == 1, name = rep(c("plain", "with \"quotes\"", "ünïcode", ""), 8))
gappy <- cars
# Where the empty text is a level, none is left to stand for a missing one.
gappy$name[gappy$name == ""] <- "none"
gappy$wt[c(3, 9)] <- NA
gappy$cyl[5] <- NA
gappy$am[c(2, 9)] <- NA
gappy$name[11] <- NA
X <- as.matrix(mtcars[, c("disp", "hp", "wt", "qsec")])

save_model("matrix", quick(X, mtcars$mpg, hidden = c(5, 3), activation = "tanh", standardize = TRUE, epochs = 300), X)
save_model("matrix-unscaled", quick(X / 100, mtcars$mpg, hidden = 4, epochs = 100), X / 100)
save_model("matrix-missing", quick(replace(X, 7, NA), mtcars$mpg, hidden = 4, standardize = TRUE, epochs = 100, na_action = "impute"), replace(X, c(2, 40), NA))
save_model("matrix-missing-rows", quick(X, mtcars$mpg, hidden = 4, standardize = TRUE, epochs = 100), replace(X, c(2, 40), NA))
save_model("several", quick(X, as.matrix(mtcars[, c("mpg", "drat")]), hidden = 4, standardize = TRUE, epochs = 200), X)
save_model("linear", quick(X, mtcars$mpg, hidden = c(), standardize = TRUE, epochs = 500), X)
save_model("logical", quick(X, mtcars$am == 1, hidden = 3, standardize = TRUE, epochs = 200), X)
save_model("far-from-zero", quick(X + 1e4, mtcars$mpg, hidden = 4, standardize = TRUE, epochs = 200), X + 1e4)
save_model("single", quick(X, mtcars$mpg, hidden = 4, standardize = TRUE, epochs = 200, precision = "single"), X)

save_model("two-classes", quick(factor(am) ~ wt + hp, data = mtcars, hidden = 3, epochs = 200), mtcars[c("wt", "hp")])
save_model("three-classes", quick(Species ~ ., data = iris, hidden = 4, epochs = 200), iris[-5])
save_model("two-outputs", quick(factor(am) ~ wt + hp, data = mtcars, output = "softmax", hidden = 3, epochs = 200), mtcars[c("wt", "hp")])
save_model("column-called-label", quick(data.frame(label = mtcars$wt, probabilities = mtcars$hp, n.1 = mtcars$qsec), cars$cyl, hidden = 3, epochs = 100), {
  data.frame(label = mtcars$wt, probabilities = mtcars$hp, n.1 = mtcars$qsec)
})

columns <- c("cyl", "am", "name", "wt")
save_model("table", quick(cars[columns], cars$mpg, hidden = 5, epochs = 200), cars[columns])
save_model("table-gaps", quick(gappy[columns], gappy$mpg, hidden = 5, epochs = 200, na_action = "impute"), gappy[columns])
save_model("table-gaps-not-filled", quick(cars[columns[-3]], cars$mpg, hidden = 5, epochs = 200), gappy[columns[-3]])
save_model("table-rare", quick(data.frame(g = c(rep(c("a", "b"), 15), "c", "d"), x = mtcars$wt), mtcars$mpg, hidden = 3, epochs = 50, rare_levels = 3), {
  data.frame(g = c("a", "b", "c", "new"), x = 1:4 / 2)
})
save_model("formula", quick(mpg ~ cyl * log(wt) + I(hp^2 / 1e4) + am:cyl, data = cars, hidden = 4, epochs = 200), cars[c("cyl", "wt", "hp", "am")])
save_model("formula-conditions", quick(
  mpg ~ ifelse(hp > 120 & wt < 4 | am, 1, 0) + (cyl == "6") + sqrt(wt) + exp(-wt) + pmin(hp, 200) + abs(wt - 3) + (hp %% 7) + tanh(wt) + sin(qsec) + atan(wt) + !am,
  data = cars, hidden = 4, epochs = 100
), gappy[c("hp", "wt", "am", "cyl", "qsec")])
save_model("formula-bases", quick(mpg ~ poly(hp, 3) + splines::ns(wt, 3) + cut(qsec, c(10, 16, 18, 25)) + factor(gear), data = cars, hidden = 4, epochs = 100), {
  cars[c("hp", "wt", "qsec", "gear")]
})
save_model("poisson", quick(carb ~ hp + wt, data = mtcars, family = "poisson", hidden = 3, epochs = 200), mtcars[c("hp", "wt")])
save_model("offset", quick(carb ~ hp + offset(log(wt)), data = mtcars, family = "poisson", hidden = 3, epochs = 200), mtcars[c("hp", "wt")])
save_model("offset-of-matrix", quick(X, mtcars$carb, family = "poisson", offset = log(mtcars$gear), standardize = TRUE, hidden = 3, epochs = 100), X, offset = 0.5)
save_model("gamma", quick(mpg ~ hp + wt, data = mtcars, family = "gamma", hidden = 3, epochs = 200), mtcars[c("hp", "wt")])
save_model("location-scale", quick(mpg ~ hp + wt, data = mtcars, family = "location_scale", hidden = 3, epochs = 200), mtcars[c("hp", "wt")])
save_model("ordinal", quick(cyl ~ hp + wt, data = transform(mtcars, cyl = factor(cyl, ordered = TRUE)), family = "ordinal", hidden = 3, epochs = 200), mtcars[c("hp", "wt")])
save_model("quantile", suppressWarnings(quick(X, mtcars$mpg, loss = loss_quantile(), standardize = TRUE, hidden = 3, epochs = 400)), X)
save_model("log-outcome", quick(mpg ~ hp + wt, data = mtcars, outcome_transform = "log", hidden = 3, epochs = 200), mtcars[c("hp", "wt")])

for (activation in setdiff(nn_activation()$activation, c("linear", "exp"))) {
  # So wide that tails are among the numbers.
  save_model(paste0("activation-", activation), quick(X, mtcars$mpg, hidden = 8, activation = activation, standardize = TRUE, epochs = 30), X * 3 - 2 * rep(colMeans(X), each = 32))
}

layers <- list(
  scale = nn_layers(layer_scale(), 4), embedding = nn_layers(layer_embedding("cyl", size = 2), 4), piecewise = nn_layers(layer_piecewise(size = 3), 4),
  periodic = nn_layers(layer_periodic(size = 3), 4), "periodic-plr" = nn_layers(layer_periodic(size = 3, kind = "plr"), 4),
  parametric = nn_layers(4, layer_parametric(), 4), "parametric-silu" = nn_layers(4, layer_parametric("silu"), 4), norm = nn_layers(6, layer_norm(), 4),
  skip = nn_layers(4, 4, layer_skip()), "skip-inputs" = nn_layers(4, skip = TRUE), members = nn_layers(layer_members(3), 4),
  "members-scale" = nn_layers(layer_members(3), layer_scale(of_members = TRUE), 4, layer_norm()), "no-bias" = nn_layers(layer_dense(4, bias = FALSE), layer_norm())
)
for (name in names(layers)) {
  save_model(paste0("layer-", name), quick(mpg ~ cyl + wt + hp, data = cars, hidden = layers[[name]], activation = "tanh", epochs = 60), cars[c("cyl", "wt", "hp")])
}
save_model("embedded", quick(mpg ~ wt + hp, data = mtcars, embed = embed_piecewise(), hidden = 4, epochs = 60), mtcars[c("wt", "hp")])

several <- function(...) nn_train(..., ensemble = 2, effort = "quick", epochs = 20, seed = 1)
save_model("ensemble-numbers", several(gappy[c("cyl", "am", "name", "wt", "hp")], gappy$mpg, na_action = "impute"), gappy[c("cyl", "am", "name", "wt", "hp")])
save_model("ensemble-classes", several(Species ~ ., data = iris), iris[-5])
save_model("ensemble-blend", nn_train(iris[-1], iris$Sepal.Length, seed = 1, epochs = 20), iris[-1])

# Calibrated, of networks that are surer than single precision can tell from certain.
sure_of <- function(...) quick(..., hidden = 4, activation = "tanh", optimizer = "lbfgs", epochs = 60, penalty = 1e-3, standardize = TRUE)
calibrated <- list(
  two = sure_of(factor(am) ~ wt + hp, data = cars), softmax = sure_of(factor(am) ~ wt + hp, data = cars, output = "softmax"),
  three = sure_of(cyl ~ wt + hp, data = cars), flag = sure_of(am ~ wt + hp, data = cars), sigmoids = sure_of(cyl ~ wt + hp, data = cars, output = "sigmoid"),
  ensemble = nn_train(cyl ~ wt + hp, data = cars, seed = 1, epochs = 20)
)
for (name in names(calibrated)) {
  fit <- calibrated[[name]]
  if (is.null(fit$members)) fit$weights[[2L]] <- 4 * fit$weights[[2L]]
  for (method in c("temperature", "platt", "isotonic")) {
    save_model(paste("calibrated", name, method, sep = "-"), suppressWarnings(nn_calibrate(fit, cars, method)), cars[seq(1, 31, 3), c("wt", "hp")] * 1.01)
  }
}
