# The loss over the epochs.

# Of an ensemble the mean of its networks (of the preset's own kind, where there are several), in each epoch of those that still trained.
loss_picture <- function(fit, call) {
  if (is_ensemble(fit)) fit$history <- mean_history(fit)
  if (NROW(fit$history) == 0L) {
    stop_backprop("no_history", "{.arg x} was trained for no epochs, so there is no loss to draw.", call = call)
  }
  history <- fit$history
  known <- which(is.finite(history$validation_loss))
  best <- known[which.min(history$validation_loss[known])]
  list(
    history = history, label = paste("loss:", gsub("_", " ", fit$settings$loss)), title = loss_title(history),
    note = if (length(best) == 1L) sprintf("lowest on validation rows: %s in epoch %s", format_short(history$validation_loss[best]), count_of(history$epoch[best]))
  )
}

# From what to what the loss went.
loss_title <- function(history) {
  ends <- history$loss[c(1L, nrow(history))]
  epochs <- count_text(history$epoch[nrow(history)], "epoch")
  if (nrow(history) == 1L || !all(is.finite(ends))) {
    return(paste0("Loss over ", epochs))
  }
  sprintf("Loss from %s to %s in %s", format_short(ends[1L]), format_short(ends[2L]), epochs)
}

count_of <- function(n) format(n, big.mark = ",", scientific = FALSE, trim = TRUE)

mean_history <- function(fit) {
  kind <- kinds_in(fit)[[1L]]$kind
  histories <- lapply(fit$members[fit$kinds == kind], function(member) member$history[c("epoch", "loss", "validation_loss")])
  all <- do.call(rbind, histories)
  if (NROW(all) == 0L) {
    return(all)
  }
  stats::aggregate(all[c("loss", "validation_loss")], all["epoch"], mean, na.action = stats::na.pass)
}

# `...` is for the line. Numbers always lie flat (`las`), as their margin is measured.
draw_loss <- function(picture, log, main = NULL, xlab = "epoch", ylab = picture$label, col = palette_of$positive, lwd = 2, xlim = NULL, ylim = NULL, bty = "l",
                      las = 1, ...) {
  history <- picture$history
  validated <- !all(is.na(history$validation_loss))
  all_losses <- c(history$loss, if (validated) history$validation_loss)
  drawn <- if (log) all_losses[all_losses > 0] else all_losses
  keys <- if (validated) legend_keys(c("training", "validation"), c(col[1L], palette_of$negative), lty = 1:2, lwd = lwd)
  figure <- start_figure(setting(main, picture$title), picture$note, keys)
  on.exit(graphics::par(figure$kept))
  open_axes(
    figure, setting(xlim, range(history$epoch)), setting(ylim, range(drawn, finite = TRUE)), xlab, ylab,
    log = if (log) "y" else "", bty = bty, open = TRUE
  )
  graphics::lines(history$epoch, history$loss, type = if (nrow(history) > 1L) "l" else "p", col = col, lwd = lwd, ...)
  if (validated) graphics::lines(history$epoch, history$validation_loss, type = if (nrow(history) > 1L) "l" else "p", col = palette_of$negative, lwd = lwd, lty = 2)
}
