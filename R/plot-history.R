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
  list(epochs = epochs, panels = panels, title = "Weights over the epochs")
}

draw_history <- function(picture, main) {
  k <- length(picture$panels)
  # A layout of its own only where several panels need one.
  kept <- graphics::par(c(
    if (k > 1L) list(mfrow = c(ceiling(k / 2), min(k, 2L)), oma = c(0, 0, 1.5, 0)),
    list(mar = c(3.6, 3.6, 2.2, 1), mgp = c(2.3, 0.6, 0))
  ))
  on.exit(graphics::par(kept))
  for (panel in picture$panels) {
    draw_history_panel(panel, picture$epochs, if (k == 1L && !is.null(main)) main else panel$title)
  }
  if (k > 1L) {
    graphics::mtext(if (is.null(main)) picture$title else main, outer = TRUE, line = 0, cex = 1.1)
  }
}

draw_history_panel <- function(panel, epochs, title) {
  graphics::plot(
    range(epochs), range(panel$weights, panel$biases),
    type = "n", las = 1, bty = "l", xlab = "epoch", ylab = "weight", main = title, font.main = 1
  )
  graphics::abline(h = 0, col = palette_of$rule)
  opacity <- max(0.15, min(0.9, 12 / ncol(panel$weights)))
  if (ncol(panel$weights) > 0L) graphics::matlines(epochs, panel$weights, lty = 1, lwd = 1.6, col = faded(palette_of$positive, opacity))
  if (ncol(panel$biases) > 0L) graphics::matlines(epochs, panel$biases, lty = 2, lwd = 1.6, col = faded(palette_of$negative, max(0.3, opacity)))
  graphics::legend(
    "topleft", c("weights", "biases"),
    col = c(palette_of$positive, palette_of$negative), lty = 1:2, lwd = 2, bty = "n", cex = 0.8
  )
}
