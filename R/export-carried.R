# What an ONNX file holds beside its graph, for nn_import(): the model itself, as plain data.

# Texts by the keys of carried_keys: the model and a sum over it and the graph or, where it cannot be plain data, why.
carried_metadata <- function(fit, graph) {
  plain <- tryCatch(as_plain(model_alone(fit), stop_not_plain), backprop_not_plain = identity)
  if (inherits(plain, "backprop_not_plain")) {
    return(stats::setNames(list(conditionMessage(plain)), carried_keys[["note"]]))
  }
  text <- to_base64(wire_encode(plain, "Plain", plain_messages))
  stats::setNames(list(text, model_sum(graph, text)), carried_keys[c("fit", "sum")])
}

stop_not_plain <- function(x) {
  reason <- if (is.call(x)) {
    paste0("since its formula computes `", paste(deparse(x, width.cutoff = 60L), collapse = " "), "`, and code is neither written nor read")
  } else {
    paste("since it holds a", describe_type(x))
  }
  stop(structure(class = c("backprop_not_plain", "error", "condition"), list(message = reason, call = NULL)))
}

# The fit without its data, numbers of rows, the call, and what goes on with training.
model_alone <- function(fit) {
  kind <- class(fit)
  plain <- unclass(fit)
  plain[c("data", "call", "omitted", "last", "snapshots", "start")] <- NULL
  plain$validation_rows <- integer()
  if (!is.null(plain$optimizer_state)) {
    plain$optimizer_state[c("steps", "slots", "plateau")] <- list(0, list(), c(1, Inf, 0))
    plain$best[c("weights", "biases", "ancillary")] <- NULL
  }
  # The outcome is not needed to predict: what it was computed by is its name.
  if (is.call(plain$blueprint$outcome)) {
    plain$blueprint$outcome <- plain$blueprint$typed$outcome <- as.name(plain$blueprint$outcome_name)
    plain$blueprint$outcome_rowwise <- NULL
  }
  # Nor are the functions and constants, where columns are taken as they are.
  read <- c(plain$blueprint$variables, plain$blueprint$offsets)
  if (!is.null(plain$blueprint$carried) && all(vapply(read, is.name, NA)) && !any(vapply(read, as.character, "") %in% names(plain$blueprint$carried$values))) {
    plain$blueprint$carried <- list(values = list(), packages = character())
  }
  if (is.call(plain$blueprint$case_weights)) plain$blueprint["case_weights"] <- list(NULL)
  if (!is.null(plain$members)) plain$members <- lapply(plain$members, model_alone)
  class(plain) <- if (length(kind) > 1L || kind != "list") kind
  plain
}
