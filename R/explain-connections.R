# Importance by the weights alone: products of what connects an input with an output, at any depth.

# Of an ensemble the mean of its networks by their shares.
importance_by_connections <- function(fit, asked, call) {
  members <- if (is_ensemble(fit)) lapply(seq_along(fit$members), function(number) member_of(fit, number)) else list(fit)
  shares <- if (is_ensemble(fit)) fit$shares else 1
  lapply(members, refuse_no_chain, asked$method, call)
  values <- lapply(members, function(member) {
    weights <- member$weights
    through <- if (asked$method == "garson") Reduce(`%*%`, lapply(weights, unit_shares)) else Reduce(`%*%`, weights)
    inputs <- columns_in_inputs(member)$inputs
    by_column <- if (asked$method == "garson") function(own) colSums(through[own, , drop = FALSE]) else function(own) joined(through[own, , drop = FALSE])
    matrix(vapply(inputs, by_column, numeric(ncol(through))), length(inputs), byrow = TRUE, dimnames = list(names(inputs), named_outputs(member)))
  })
  mean <- Reduce(`+`, Map(`*`, values, shares))
  outputs <- colnames(mean)
  chosen <- if (is.null(asked$output)) seq_along(outputs) else match(unique(check_choices(asked$output, "output", outputs, call)), outputs)
  list(table = data.frame(
    variable = rep(rownames(mean), length(chosen)), importance = as.vector(mean[, chosen]), std_error = NA_real_, lower = NA_real_, upper = NA_real_,
    output = rep(outputs[chosen], each = nrow(mean))
  ))
}

# Of each unit the share that each weight has in what its weights sum up to.
unit_shares <- function(w) {
  w <- abs(w)
  total <- colSums(w)
  w / rep(ifelse(total > 0, total, 1), each = nrow(w))
}

# One input keeps its sign. Those of a factor have no common one: their sizes are summed.
joined <- function(products) if (nrow(products) == 1L) products[1L, ] else colSums(abs(products))

refuse_no_chain <- function(fit, method, call) {
  kinds <- unique(kinds_of_layers(fit$settings[["layers"]]))
  others <- setdiff(kinds, "dense")
  what <- if (length(others) > 0L) {
    paste("layers of other kinds:", paste(others, collapse = ", "))
  } else if (!is.null(fit$inputs$encoding)) {
    "inputs that are encoded in pieces"
  }
  if (!is.null(what)) {
    stop_backprop("incompatible", c(
      "{.code method = \"{method}\"} multiplies the weights of dense layers, and the network has {what}.",
      i = "{.code method = \"permutation\"}, {.val shapley} and {.val gradient} work for any network."
    ), call = call)
  }
}
