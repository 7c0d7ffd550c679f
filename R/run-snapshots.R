# Earlier states of a network: which snapshot `epoch =` means.

# The fit with the weights that it had after `epoch`.
at_epoch <- function(fit, epoch, arg, call) {
  if (is.null(epoch)) {
    return(fit)
  }
  check_parts(fit, c("record", "snapshots"), arg, call)
  epoch <- check_count(epoch, "epoch", min = 0, call = call)
  if (identical(epoch, as.integer(fit$epochs_done)) && is.null(fit$last)) {
    return(fit)
  }
  # A calibration is that of the final weights.
  refuse_calibrated(fit, call)
  known <- vapply(fit$snapshots, function(snapshot) as.integer(snapshot$epoch), 0L)
  at <- match(epoch, known)
  if (is.na(at)) {
    shown <- if (length(known) == 0L) {
      "The model has none: train with {.code keep_weights = k} to keep the weights every k epochs."
    } else {
      "It has those after the epochs {.val {known}}."
    }
    stop_backprop("epoch", c("The model does not have its weights after epoch {epoch}.", i = shown), call = call)
  }
  kept <- fit$snapshots[[at]]
  fit[c("weights", "biases")] <- kept[c("weights", "biases")]
  fit$ancillary <- kept$ancillary
  # Breslow's estimate is of the final weights; there is none of earlier ones.
  fit["baseline"] <- NULL
  fit
}

# What training began with, beside the snapshots of `keep_weights`: the weights given, or those that the engine draws by the seed. NULL where none are
# kept, and where an earlier part of training has snapshots but not its start.
kept_start <- function(engine, spec, earlier) {
  if (is.null(spec$controls$keep_weights) || length(earlier$snapshots) > 0L) {
    return(earlier$start)
  }
  if (!is.null(spec$start)) {
    return(c(list(epoch = as.integer(spec$start$epochs_done)), spec$start[c("weights", "biases")]))
  }
  drawn <- engine_init(engine$sizes, engine$layers, engine$init, engine$bias_init, engine$seed, engine$max_bytes)
  if (is.null(drawn$error)) c(list(epoch = 0L), drawn[c("weights", "biases")])
}
