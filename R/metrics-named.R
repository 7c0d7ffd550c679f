# Measures by the names that `stop_metric` and `metric` know, of predictions on the outcome's own scale.

# Whether more is better.
rises <- function(metric) metric %in% c("auc", "accuracy")

# Means by the weights of rows.
weighted_mean <- function(value, weights) if (is.null(weights)) mean(value) else sum(value * weights) / sum(weights)

# Measures of predictions p of outcomes y with weights w. Means are the engine's, of a network whose outputs are the predictions.
measure <- function(metric, p, y, w, settings, units) {
  if (!all(is.finite(p))) {
    return(NA_real_)
  }
  mean_of <- function(loss, output, p) mean_loss(loss, numeric(), output, p, y, w)
  of_number <- function(loss) mean_loss(loss, numeric(), "linear", p / rep(units, each = nrow(p)), y / rep(units, each = nrow(y)), w)
  single <- settings$output == "sigmoid"
  switch(metric,
    loss = mean_loss(settings$loss, settings$loss_par, settings$output, p, y, w, settings$custom),
    log_loss = mean_of(outputs[[settings$output]], settings$output, p),
    brier = (if (single) 2 else 1) * weighted_mean(rowSums((y - p)^2), w),
    accuracy = weighted_mean(if (single) rowMeans((p > 0.5) == (y > 0.5)) else max.col(p, "first") == max.col(y, "first"), w),
    auc = area_under_curve(p[, 1L], y[, 1L] > 0.5, if (is.null(w)) rep(1, nrow(p)) else w),
    rmse = sqrt(of_number("mse")),
    mae = of_number("mae"),
    deviance = {
      loss <- outputs[[settings$output]]
      # Losses that are means over outputs, too, and half of a deviance where they are logarithms.
      times <- (if (settings$output == "softmax") 1 else ncol(y)) * (if (settings$output == "linear") 1 else 2)
      times * (mean_of(loss, settings$output, p) - mean_of(loss, settings$output, y))
    }
  )
}
