# What tames a training: penalty, dropout, clipping, early stopping, snapshots. Checked here, in the
# engine's form afterwards; what is off is left out. All that is listed at the end goes to the engine and into the settings of the fit.

resolve_controls <- function(settings, hidden, optimizer, network) {
  penalty <- check_between(settings$penalty, "penalty", 0, Inf)
  mixture <- check_share(settings$mixture, "mixture")
  dropout <- resolve_dropout(settings$dropout, hidden, optimizer, network)
  clip_norm <- settings$clip_norm
  if (!is.null(clip_norm)) {
    clip_norm <- check_positive(clip_norm, "clip_norm")
    if ("clip_norm" %in% optimizers[[optimizer]]$excludes) {
      stop_incompatible(
        "{.code optimizer = \"{optimizer}\"} takes no {.arg clip_norm}: its line search needs the gradient as it is.",
        "Leave {.arg clip_norm} out, or use another optimizer, such as {.val adam}.",
        optimizer = optimizer
      )
    }
  }
  stop_iter <- settings$stop_iter
  if (!is.null(stop_iter)) {
    stop_iter <- check_count(stop_iter, "stop_iter")
  }
  keep_weights <- settings$keep_weights
  if (!is.null(keep_weights)) {
    keep_weights <- check_count(keep_weights, "keep_weights")
  }
  list(
    penalty = penalty,
    mixture = mixture,
    dropout = dropout,
    clip_norm = clip_norm,
    stop_iter = stop_iter,
    tol = check_between(settings$tol, "tol", 0, Inf),
    keep_weights = keep_weights
  )
}

# NULL where it is the loss.
read_stop_metric <- function(metric, validation, output, outcome, outputs, loss) {
  if (is.null(metric)) {
    return(NULL)
  }
  check_choice(metric, "stop_metric", names(stop_metrics))
  if (is.null(validation)) {
    stop_incompatible(
      "{.arg stop_metric} is measured on validation rows, and there are none.", "Give a share of the rows: {.code validation = 0.2}."
    )
  }
  check_metric_fits(metric, "stop_metric", output, outcome, outputs, loss)
  if (metric == "loss") NULL else metric
}

# A measure must go with the outcome and what is predicted of it.
check_metric_fits <- function(metric, arg, output, outcome, outputs, loss) {
  family <- family_of_settings(list(output = output, loss = loss))
  if (metric != "loss" && !is.null(family) && !family$classical) {
    stop_incompatible(
      "{.code {arg} = \"{metric}\"} does not go with {.code family = \"{own}\"}.",
      "Its networks are judged by its own loss, minus the mean log-likelihood: {.code {arg} = \"loss\"}, or leave it out.",
      arg = arg, metric = metric, own = family$family
    )
  }
  fits <- output %in% stop_metrics[[metric]] && (metric != "auc" || outputs == 1L)
  # Several quantiles share one outcome; a deviance is that of a likelihood.
  if (metric != "loss" && loss == "quantile") fits <- FALSE
  if (metric == "deviance" && is.null(family)) fits <- FALSE
  if (metric %in% c("log_loss", "brier", "auc", "accuracy") && !(outcome$kind == "factor" || outcome$unit || output == "softmax")) fits <- FALSE
  if (!fits) {
    stop_incompatible(
      "{.code {arg} = \"{metric}\"} does not go with this outcome under {.code output = \"{output}\"}.",
      "{.val auc} is for two classes; {.val log_loss}, {.val brier} and {.val accuracy} are for classes; {.val rmse} and {.val mae} for numbers; {.val deviance} for likelihoods.",
      arg = arg, metric = metric, output = output
    )
  }
}

# One rate per hidden layer; NULL where nothing is dropped.
resolve_dropout <- function(dropout, hidden, optimizer, network) {
  layers <- length(hidden)
  own <- own_dropout(network, NULL)
  if (is_bare_number(dropout) && length(dropout) == 1L && !is.na(dropout) && dropout == 0 && all(own == 0)) {
    return(NULL)
  }
  if (!is_bare_number(dropout) || length(dropout) == 0L || anyNA(dropout) || any(dropout < 0 | dropout >= 1)) {
    stop_argument("dropout", "one number, or one per hidden layer, of at least 0 and below 1", dropout)
  }
  if (layers == 0L) {
    stop_incompatible(
      "{.arg dropout} needs hidden layers, and there are none.",
      "Leave {.arg dropout} out; {.arg penalty} works without hidden layers."
    )
  }
  if (length(dropout) != 1L && length(dropout) != layers) {
    k <- length(dropout)
    stop_backprop("argument", c(
      "{.arg dropout} must have length 1 or one number for each hidden layer.",
      x = "It has {k} numbers; there {cli::qty(layers)}{?is/are} {layers} hidden layer{?s}."
    ))
  }
  dropout <- rep_len(as.double(dropout), layers)
  if (length(own) > 0L) dropout <- own_dropout(network, dropout)
  if (all(dropout == 0)) {
    return(NULL)
  }
  if ("dropout" %in% optimizers[[optimizer]]$excludes) {
    stop_incompatible(
      "{.code optimizer = \"{optimizer}\"} takes no {.arg dropout}: its line search needs a loss that is not random.",
      "Use {.arg penalty} instead, or another optimizer, such as {.val adam}.",
      optimizer = optimizer
    )
  }
  dropout
}
