# Pictures that more than one vignette draws, or whose code would stand in the reader's way.

# One unit in its three forms: inputs that count alike, inputs with weights, and a bias in the threshold's place.
draw_perceptrons <- function(x = c(0, 1, 1), weights = c(2, 3, 4), bias = -7) {
  old <- graphics::par(mfrow = c(1, 3), mar = c(0.2, 0.2, 1.8, 0.2))
  on.exit(graphics::par(old))
  draw_perceptron(x, title = "1. the sum against a threshold")
  draw_perceptron(x, weights, title = "2. weights")
  draw_perceptron(x, weights, bias, title = "3. weights and a bias")
}

draw_perceptron <- function(x, weights = NULL, bias = NULL, title) {
  blue <- "#0072B2"
  orange <- "#D55E00"
  graphics::plot(NULL, xlim = c(0, 10), ylim = c(0, 10), axes = FALSE, xlab = "", ylab = "")
  graphics::title(title, font.main = 1, cex.main = 1.15, line = 0.5)
  y <- seq(9, 3.8, length.out = length(x))
  unit <- c(6, mean(y))
  width <- if (is.null(weights)) rep(1.5, length(x)) else 0.6 * weights
  graphics::segments(1.2, y, unit[[1L]], unit[[2L]], lwd = width, col = blue)
  graphics::arrows(unit[[1L]], unit[[2L]], 8.5, unit[[2L]], length = 0.07, lwd = 1.5)
  if (!is.null(bias)) {
    graphics::segments(unit[[1L]], 3, unit[[1L]], unit[[2L]], lwd = 2.4, col = orange)
    node(unit[[1L]], 2.9, "1", orange)
    on_edge(unit[[1L]], 4.35, bias, orange)
  }
  node(rep(1.2, length(x)), y, x, blue)
  node(unit[[1L]], unit[[2L]], expression(Sigma), "black", size = 4.6)
  # Where a third of the way is gone edges are far enough apart for their labels.
  if (!is.null(weights)) on_edge(rep(1.2 + 0.36 * 4.8, length(x)), y + 0.36 * (unit[[2L]] - y), weights, blue)

  products <- if (is.null(weights)) x else paste0(weights, "\u00b7", x)
  total <- sum(x * if (is.null(weights)) 1 else weights) + if (is.null(bias)) 0 else bias
  terms <- paste(products, collapse = " + ")
  if (!is.null(bias)) terms <- paste(terms, "\u2212", abs(bias))
  answer <- as.integer(total > 0)
  graphics::text(9.3, unit[[2L]], answer, cex = 1.6, font = 2)
  graphics::text(5, 1.1, paste(terms, "=", total), cex = 1.05)
  graphics::text(5, 0, paste(total, if (answer == 1L) "> 0: the answer is 1" else "is not > 0: the answer is 0"), cex = 1.05)
}

node <- function(x, y, label, colour, size = 3.6) {
  graphics::points(x, y, pch = 21, bg = "white", col = colour, cex = size, lwd = 1.8)
  graphics::text(x, y, label, cex = 1.1)
}

# A label on a line, on a patch of white that keeps the line from crossing it.
on_edge <- function(x, y, label, colour) {
  graphics::points(x, y, pch = 15, col = "white", cex = 2.4)
  graphics::text(x, y, sub("-", "\u2212", format(label, trim = TRUE)), col = colour, cex = 1.05, font = 2)
}

# Rows of two inputs, filled where the answer is 1, and the line x1 + x2 = `cut` that parts them.
draw_cases <- function(X, y, name, cut = NULL) {
  graphics::plot(
    X, xlim = c(-0.4, 1.4), ylim = c(-0.4, 1.4), xlab = "first input", ylab = "second input", main = name,
    pch = ifelse(y == 1, 16, 1), col = ifelse(y == 1, "#0072B2", "#D55E00"), cex = 2.2, lwd = 2, font.main = 1, las = 1
  )
  if (!is.null(cut)) graphics::abline(cut, -1, lty = 2)
}

# AND and OR, which a line parts, and XOR, which none does.
draw_three_cases <- function(X) {
  old <- graphics::par(mfrow = c(1, 3), mar = c(3, 3, 2, 1), mgp = c(1.8, 0.5, 0))
  on.exit(graphics::par(old))
  draw_cases(X, c(0, 0, 0, 1), "AND", 1.5)
  draw_cases(X, c(0, 1, 1, 1), "OR", 0.5)
  draw_cases(X, c(0, 1, 1, 0), "XOR: no line")
}

# Curves over epochs or rates, told apart by colour and line, with their names beside the panel.
draw_curves <- function(x, curves, colours, xlab, ylab, log = "y", type = "l") {
  old <- graphics::par(mar = c(4, 4.6, 0.5, 7.5), mgp = c(3.2, 0.6, 0), las = 1)
  on.exit(graphics::par(old))
  lines <- rep_len(c(1, 2, 4, 5, 6), length(curves))
  graphics::plot(
    NULL, xlim = range(x), ylim = range(unlist(curves), finite = TRUE), log = log, xlab = "", ylab = ylab, bty = "l"
  )
  graphics::mtext(xlab, side = 1, line = 2.2)
  for (i in seq_along(curves)) {
    graphics::lines(x[seq_along(curves[[i]])], curves[[i]], type = type, pch = 20, lwd = 2, lty = lines[[i]], col = colours[[i]])
  }
  graphics::legend(
    graphics::grconvertX(1.02, "npc"), graphics::grconvertY(1, "npc"), names(curves),
    col = colours, lty = lines, lwd = 2, bty = "n", cex = 0.85, seg.len = 2.4, xpd = NA
  )
}
