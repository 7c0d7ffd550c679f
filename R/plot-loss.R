# The loss over the epochs.

# Of an ensemble the mean of its networks (of the preset's own kind, where there are several), in each epoch of those that still trained.
loss_picture <- function(fit, call) {
  if (is_ensemble(fit)) fit$history <- mean_history(fit)
  if (NROW(fit$history) == 0L) {
    stop_backprop("no_history", "{.arg x} was trained for no epochs, so there is no loss to draw.", call = call)
  }
  list(history = fit$history, label = paste("loss:", gsub("_", " ", fit$settings$loss)))
}

mean_history <- function(fit) {
  kind <- kinds_in(fit)[[1L]]$kind
  histories <- lapply(fit$members[fit$kinds == kind], function(member) member$history[c("epoch", "loss", "validation_loss")])
  all <- do.call(rbind, histories)
  if (NROW(all) == 0L) {
    return(all)
  }
  stats::aggregate(all[c("loss", "validation_loss")], all["epoch"], mean, na.action = stats::na.pass)
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
