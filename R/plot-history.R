# Every weight over the epochs, from the snapshots that a fit may keep.

history_picture <- function(fit, layers, call) {
  check_parts(fit, "snapshots", "x", call)
  snapshots <- fit$snapshots
  if (length(snapshots) == 0L) {
    stop_backprop("no_snapshots", c(
      "{.arg x} has no snapshots of its weights, so there is no history to draw.",
      i = "Train with {.code keep_weights = 1} to keep those of every epoch."
    ), call = call)
  }
  # What training began with, where the fit has it.
  if (!is.null(fit$start)) snapshots <- c(list(fit$start), snapshots)
  epochs <- vapply(snapshots, function(snapshot) as.double(snapshot$epoch), 0)
  # Layers without parameters have no history.
  layers <- layers[vapply(layers, function(l) length(fit$weights[[l]]) + length(fit$biases[[l]]) > 0L, NA)]
  panels <- lapply(layers, function(l) {
    weights <- vapply(snapshots, function(snapshot) as.double(snapshot$weights[[l]]), numeric(length(fit$weights[[l]])))
    biases <- vapply(snapshots, function(snapshot) as.double(snapshot$biases[[l]]), numeric(length(fit$biases[[l]])))
    # A row per snapshot, whatever vapply made of single numbers.
    list(
      weights = t(matrix(weights, ncol = length(epochs))), biases = t(matrix(biases, ncol = length(epochs))),
      title = layer_names(fit)[l]
    )
  })
  ends <- range(epochs)
  list(
    epochs = epochs, panels = panels, title = paste("Weights over", count_text(ends[2L] - ends[1L], "epoch")),
    note = if (ends[1L] > 0 && is.null(fit$start)) sprintf("from epoch %s on", count_of(ends[1L]))
  )
}

draw_history <- function(picture, main) {
  k <- length(picture$panels)
  there <- vapply(c("weights", "biases"), function(part) any(vapply(picture$panels, function(panel) ncol(panel[[part]]) > 0L, NA)), NA)
  keys <- legend_keys(c("weights", "biases")[there], c(palette_of$positive, palette_of$negative)[there], lty = (1:2)[there])
  if (k == 1L) {
    figure <- start_figure(setting(main, paste0(picture$title, ": ", picture$panels[[1L]]$title)), picture$note, keys)
    on.exit(graphics::par(figure$kept))
    return(draw_history_panel(figure, picture$panels[[1L]], picture))
  }
  # A layout of its own only where several panels need one.
  kept <- open_panels(c(ceiling(k / 2), 2L), if (is.null(picture$note)) 3.4 else 4.4)
  on.exit(graphics::par(kept))
  for (panel in picture$panels) {
    figure <- start_figure(panel$title)
    draw_history_panel(figure, panel, picture)
    graphics::par(figure$kept)
  }
  draw_outer_header(setting(main, picture$title), picture$note, keys)
}

draw_history_panel <- function(figure, panel, picture) {
  open_axes(figure, range(picture$epochs), range(panel$weights, panel$biases), "epoch", "weight")
  graphics::abline(h = 0, col = figure$inks$rule)
  opacity <- history_opacity(picture)
  if (ncol(panel$weights) > 0L) graphics::matlines(picture$epochs, panel$weights, lty = 1, lwd = 1.6, col = faded(palette_of$positive, opacity))
  if (ncol(panel$biases) > 0L) graphics::matlines(picture$epochs, panel$biases, lty = 2, lwd = 1.6, col = faded(palette_of$negative, max(0.3, opacity)))
}

# Many lines are paler.
history_opacity <- function(picture) max(0.15, min(0.9, 12 / max(vapply(picture$panels, function(panel) ncol(panel$weights), 0L))))
