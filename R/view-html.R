# The page's HTML: the trace as data, and what is there without a script; the rest is drawn by inst/view/.

view_title <- function(trace) {
  paste0("A ", paste(unclass(trace)$network$sizes, collapse = "-"), " network, step by step")
}

view_facts <- function(trace) {
  fields <- unclass(trace)
  network <- fields$network
  c(
    paste(c(network$activation, network$output), collapse = " \u2192 "), paste("loss", gsub("_", " ", network$loss)),
    describe_optimizer(network$optimizer)
  )
}

view_body <- function(trace, limits) {
  session$views <- 1L + if (is.null(session$views)) 0L else session$views
  paste(c(
    paste0('<div class="nn-view" id="nn-view-', session$views, '" lang="en">'),
    # Between these tags nothing is markup but the end of the script, which json_text() never writes.
    '<script type="application/json" class="nn-data">', json_text(view_data(trace, limits)), "</script>",
    "<noscript>", view_text(trace, limits), "</noscript>", "</div>"
  ), collapse = "\n")
}

# What print() shows, for readers without JavaScript.
view_text <- function(trace, limits) {
  title <- paste0("<h2>", htmltools::htmlEscape(view_title(trace)), "</h2>")
  if (limits$blank) {
    return(c(title, "<p>This exercise checks itself by JavaScript, which is switched off here.</p>"))
  }
  before <- options(cli.num_colors = 1L, cli.width = 100L, width = 100L)
  on.exit(options(before))
  text <- utils::capture.output(print(trace, rows = limits$rows, columns = limits$columns, digits = limits$digits))
  c(
    title, "<p>This page plays the steps by JavaScript, which is switched off here: switch it on for this page, or read the same as text.</p>",
    paste0("<pre>", htmltools::htmlEscape(paste(text, collapse = "\n")), "</pre>")
  )
}

# What the page leaves out, in words; none where it shows all.
cut_text <- function(trace, limits) {
  fields <- unclass(trace)
  shapes <- vapply(fields$steps, function(step) dim(step$result), c(0L, 0L))
  most <- if (length(fields$steps) > 0L) apply(shapes, 1L, max) else c(0L, 0L)
  iterations <- nrow(fields$iterations)
  matrices <- c(
    if (most[1L] > limits$rows) paste("the first", limits$rows, "rows"),
    if (most[2L] > limits$columns) paste("the first", limits$columns, "columns")
  )
  if (length(matrices) > 0L) matrices[length(matrices)] <- paste(matrices[length(matrices)], "of larger matrices")
  c(matrices, if (iterations > limits$iterations) paste("the first", limits$iterations, "of", count_text(iterations, "iteration")))
}
