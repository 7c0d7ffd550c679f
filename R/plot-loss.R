# The loss over the epochs.

loss_picture <- function(fit, call) {
  if (NROW(fit$history) == 0L) {
    stop_backprop("no_history", "{.arg x} was trained for no epochs, so there is no loss to draw.", call = call)
  }
  list(history = fit$history, label = paste("loss:", gsub("_", " ", fit$settings$loss)))
}

draw_loss <- function(picture, log, main = NULL, xlab = "epoch", ylab = picture$label,
                      col = palette_of$positive, lwd = 2, las = 1, bty = "l", ...) {
  history <- picture$history
  validated <- !all(is.na(history$validation_loss))
  all_losses <- c(history$loss, if (validated) history$validation_loss)
  drawn <- if (log) all_losses[all_losses > 0] else all_losses
  graphics::plot(
    history$epoch, history$loss,
    type = if (nrow(history) > 1L) "l" else "p", log = if (log) "y" else "",
    ylim = range(drawn, na.rm = TRUE), main = if (is.null(main)) "Training" else main, font.main = 1,
    xlab = xlab, ylab = ylab, col = col, lwd = lwd, las = las, bty = bty, ...
  )
  if (validated) {
    graphics::lines(history$epoch, history$validation_loss, col = palette_of$negative, lwd = lwd, lty = 2)
    graphics::legend(
      "topright",
      legend = c("training", "validation"), col = c(col, palette_of$negative), lwd = lwd, lty = 1:2, bty = "n"
    )
  }
}
