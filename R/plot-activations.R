# What every unit gives for some rows of data.

activations_picture <- function(fit, data, max_rows, call) {
  data <- data_or_kept(fit, data, call)
  X <- inputs_of(fit, data)
  x <- encoded_inputs(fit, X, call)
  rows <- unique(round(seq(1, nrow(x), length.out = min(nrow(x), max_rows))))
  values <- unit_activations(fit, dense_inputs(x[rows, , drop = FALSE]), call)
  names <- names_of_units(fit)
  labels <- rownames(x)
  labels <- if (is.null(labels)) as.character(rows) else labels[rows]
  panels <- lapply(seq_along(values), function(l) {
    panel <- values[[l]]
    # Rows have one meaning in all panels: they are named once.
    dimnames(panel) <- list(if (l == 1L) labels, names[[l + 1L]])
    list(values = panel, title = layer_names(fit)[l])
  })
  range <- range(unlist(values))
  signed <- range[1L] < 0
  list(
    panels = panels,
    range = if (signed) c(-1, 1) * max(abs(range)) else c(0, max(range[2L], 1e-12)),
    colours = if (signed) diverging_colours() else sequential_colours(),
    title = sprintf("Activations of %s", if (length(rows) < nrow(x)) sprintf("%d of %d rows", length(rows), nrow(x)) else "all rows"),
    note = "rows: of the data; columns: units"
  )
}

# Inputs as the engine takes them: encoded, not yet scaled; rows that are complete.
encoded_inputs <- function(fit, X, call) {
  new <- read_new_rows(fit, X, "data", call, with_offset = FALSE)
  if (is.matrix(new$x)) rownames(new$x) <- new$rows
  new$x[finite_rows(new$x), , drop = FALSE]
}

# The activations of every layer, a matrix [rows x units] each. A network cut off after a layer is a network too:
# the engine gives that layer's weighted inputs, and then its activations; of members their mean.
unit_activations <- function(fit, x, call) {
  settings <- fit$settings
  whole <- c(network_for_engine(fit), list(precision = settings$precision, threads = 1L))
  lapply(seq_along(fit$weights), function(l) {
    last <- l == length(fit$weights)
    net <- whole
    net$sizes <- whole$sizes[seq_len(l + 1L)]
    net$layers <- whole$layers[seq_len(l)]
    net$activation <- whole$activation[seq_len(l - 1L)]
    if (!last) net$output <- "linear"
    answer <- engine_predict(net, fit$weights[seq_len(l)], fit$biases[seq_len(l)], x, NULL)
    value <- answered(answer, colnames(x), call)$value
    if (!last) {
      value[] <- activation_at(settings$activation[l], value, settings$custom)$value
    }
    value
  })
}
