# What tames a training: penalty, dropout, clipping, early stopping, snapshots. Checked here, in the
# engine's form afterwards; what is off is left out.

resolve_controls <- function(settings, hidden, optimizer) {
  penalty <- check_between(settings$penalty, "penalty", 0, Inf)
  mixture <- check_share(settings$mixture, "mixture")
  dropout <- resolve_dropout(settings$dropout, hidden, optimizer)
  clip_norm <- settings$clip_norm
  if (!is.null(clip_norm)) {
    clip_norm <- check_positive(clip_norm, "clip_norm")
    if (optimizer == "lbfgs") {
      stop_incompatible(
        "{.code optimizer = \"lbfgs\"} takes no {.arg clip_norm}: its line search needs the gradient as it is.",
        "Leave {.arg clip_norm} out, or use another optimizer, such as {.val adam}."
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

# One rate per hidden layer; NULL where nothing is dropped.
resolve_dropout <- function(dropout, hidden, optimizer) {
  layers <- length(hidden)
  if (is_bare_number(dropout) && length(dropout) == 1L && !is.na(dropout) && dropout == 0) {
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
  if (all(dropout == 0)) {
    return(NULL)
  }
  if (optimizer == "lbfgs") {
    stop_incompatible(
      "{.code optimizer = \"lbfgs\"} takes no {.arg dropout}: its line search needs a loss that is not random.",
      "Use {.arg penalty} instead, or another optimizer, such as {.val adam}."
    )
  }
  rep_len(as.double(dropout), layers)
}
