# Turns raw times into medians, ratios, a markdown table and a picture. Sourced by run.R and by draw.R.

summarise_times <- function(raw) {
  key <- interaction(raw$workload, raw$precision, raw$peer, drop = TRUE, lex.order = TRUE)
  rows <- lapply(split(raw, key), function(part) data.frame(part[1, c("workload", "precision", "peer")],
    median = median(part$seconds), fastest = min(part$seconds), slowest = max(part$seconds), repetitions = nrow(part),
    loss = median(part$loss)))
  summary <- do.call(rbind, rows)
  summary[order(summary$workload, summary$precision == "double", summary$median), ]
}

# Our ratio to every peer, and whether the target is met.
ratios_to_peers <- function(summary) {
  rows <- lapply(seq_len(nrow(targets)), function(i) {
    target <- targets[i, ]
    part <- summary[summary$workload == target$workload & summary$precision == target$precision, ]
    ours <- part$median[part$peer == "backprop"]
    part <- part[part$peer != "backprop", ]
    if (nrow(part) == 0 || length(ours) == 0) return(NULL)
    best <- part[which.min(part$median), ]
    against <- if (target$against == "best") best else part[part$peer == target$against, ]
    if (nrow(against) == 0) against <- data.frame(peer = paste(target$against, "(missing)"), median = NA)
    ratio <- against$median / ours
    data.frame(workload = target$workload, precision = target$precision, ours = ours, against = against$peer,
               theirs = against$median, ratio = ratio, target = target$target, met = ratio >= target$target,
               best_peer = best$peer, ratio_to_best = best$median / ours)
  })
  do.call(rbind, rows)
}

in_words <- function(seconds) {
  ifelse(seconds < 1e-3, sprintf("%.2f ms", seconds * 1e3), ifelse(seconds < 1, sprintf("%.*f ms", ifelse(seconds < 0.1, 1L, 0L), seconds * 1e3),
         sprintf("%.2f s", seconds)))
}

markdown_table <- function(summary, ratios, facts, slow, left_out) {
  title <- vapply(workloads, `[[`, "", "title")
  lines <- c("| workload | precision | backprop | peers, fastest first | ratio | target |", "|---|---|---|---|---|---|")
  for (i in seq_len(nrow(ratios))) {
    r <- ratios[i, ]
    part <- summary[summary$workload == r$workload & summary$precision == r$precision, ]
    ours <- part[part$peer == "backprop", ]
    part <- part[part$peer != "backprop", ]
    note <- vapply(part$peer, function(peer) if (r$workload %in% names(other_algorithm[[peer]])) "*" else "", "")
    theirs <- paste0(part$peer, note, " ", in_words(part$median), collapse = ", ")
    lines <- c(lines, sprintf("| %s: %s | %s | %s (%s to %s) | %s | %s | %g over %s |", r$workload, title[[r$workload]], r$precision,
      in_words(ours$median), in_words(ours$fastest), in_words(ours$slowest), theirs,
      if (is.na(r$ratio)) "-" else format(signif(r$ratio, 3)), r$target, sub(" \\(missing\\)", "", targets$against[targets$workload == r$workload][1])))
  }
  facts <- facts[!facts$what %in% "load before" & !is.na(facts$value), ]
  c(lines, "", paste0("Medians of ", max(summary$repetitions), " interleaved repetitions (one where a peer takes longer than ", slow, " s), whole calls, ",
    "fastest to slowest in brackets; `*`: another algorithm, loss or start on the same task. ",
    if (length(left_out)) paste0("Not run: ", paste(left_out, collapse = ", "), ". "), paste(facts$what, facts$value, collapse = ", "), "."))
}

# Nobody should be fast by doing less: the same algorithm must reach about the same loss.
check_losses <- function(summary) {
  for (name in unique(summary$workload)) {
    if (workloads[[name]]$optimizer == "none") next
    part <- summary[summary$workload == name & !is.na(summary$loss), ]
    ours <- part$loss[part$peer == "backprop"][1]
    same <- part[!vapply(part$peer, function(peer) name %in% names(other_algorithm[[peer]]), NA), ]
    far <- same[abs(same$loss / ours - 1) > 0.25, ]
    cat(sprintf("%s: loss %s; %s\n", name, format(ours, digits = 4), if (nrow(far) == 0) "peers with the same algorithm are alike" else
      paste0("NOT alike: ", paste(far$peer, far$precision, format(far$loss, digits = 4), collapse = ", "))))
  }
}

colours <- c(backprop = "#c0392b", torch = "#2c6fbb", `scikit-learn` = "#e69f00", NumPy = "#56b4e9", `base R` = "#555555",
             nnet = "#009e73", RSNNS = "#8e5ea2", neuralnet = "#b5895b", ANN2 = "#999999", deepnet = "#cc79a7")

# One row per workload and precision, a point per peer, on a log scale.
draw_times <- function(summary) {
  keys <- unique(summary[c("workload", "precision")])
  keys <- keys[nrow(keys):1, ]
  old <- par(mar = c(4, 9.5, 0.5, 8), las = 1, cex = 0.9, xpd = FALSE)
  on.exit(par(old))
  plot(NULL, xlim = range(summary$median), ylim = c(0.5, nrow(keys) + 0.5), log = "x", xlab = "seconds, log scale (left is faster)", ylab = "",
       yaxt = "n", xaxt = "n", bty = "n")
  at <- 10^(-4:3)
  abline(v = at, col = "grey90")
  segments(min(summary$median), seq_len(nrow(keys)), max(summary$median), col = "grey93")
  axis(1, at, c("0.0001", "0.001", "0.01", "0.1", "1", "10", "100", "1000"), lwd = 0, lwd.ticks = 1)
  axis(2, seq_len(nrow(keys)), paste(keys$workload, keys$precision), lwd = 0)
  for (i in seq_len(nrow(keys))) {
    part <- summary[summary$workload == keys$workload[i] & summary$precision == keys$precision[i], ]
    part <- part[order(part$peer == "backprop"), ]
    segments(part$fastest, i, part$slowest, i, col = colours[part$peer], lwd = 2)
    points(part$median, rep(i, nrow(part)), pch = ifelse(part$peer == "backprop", 18, 16), col = colours[part$peer],
           cex = ifelse(part$peer == "backprop", 2.2, 1.4))
  }
  shown <- names(colours)[names(colours) %in% summary$peer]
  par(xpd = NA)
  legend("topright", inset = c(-0.24, 0), legend = shown, col = colours[shown], pch = ifelse(shown == "backprop", 18, 16), bty = "n", pt.cex = 1.5)
}

# The table in short, for the README: ours, the fastest peer, and how many times as fast we are.
short_table <- function(summary, ratios) {
  title <- vapply(workloads, `[[`, "", "title")
  lines <- c("| | precision | backprop | fastest peer | times as fast |", "|---|---|---|---|---|")
  for (i in seq_len(nrow(ratios))) {
    r <- ratios[i, ]
    best <- summary[summary$workload == r$workload & summary$precision == r$precision & summary$peer == r$best_peer, ]
    lines <- c(lines, sprintf("| %s: %s | %s | %s | %s %s | %s |", r$workload, title[[r$workload]], r$precision, in_words(r$ours), r$best_peer,
      in_words(best$median), format(signif(r$ratio_to_best, 2))))
  }
  lines
}
