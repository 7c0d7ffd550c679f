# Matrices as blocks of text: aligned, cut to a size that can be read, with marked cells, side by side.

# What is shown of large matrices and long traces; nothing is left out of what is computed.
shown_limits <- function(rows = 10, columns = 8, digits = 4) {
  list(rows = rows, columns = columns, digits = digits)
}

limits_text <- function(limits) {
  paste(count_text(limits$rows, "row"), "and", count_text(limits$columns, "column"))
}

# A block: a title and the table under it, all lines equally wide. `marks`: an integer matrix like `x`: 0 plain, 1 the
# cell itself or a changed one, 2 a cell that was read.
table_block <- function(x, title, limits, marks = NULL) {
  rows <- seq_len(min(nrow(x), limits$rows))
  columns <- seq_len(min(ncol(x), limits$columns))
  more_rows <- nrow(x) - length(rows)
  more_columns <- ncol(x) - length(columns)
  shown <- x[rows, columns, drop = FALSE]
  text <- array(format_aligned(shown, limits$digits), dim(shown))
  marks <- if (is.null(marks)) array(0L, dim(shown)) else marks[rows, columns, drop = FALSE]
  marked <- any(marks != 0L)
  row_names <- shown_names(rownames(x), rows, "")
  column_names <- shown_names(colnames(x), columns, "V")
  body <- lapply(columns, function(j) {
    cells <- c(column_names[j], text[, j])
    cells <- formatC(cells, width = max(nchar(cells)))
    if (!marked) cells else c(paste0(cells[1L], blank_mark()), mark_cells(cells[-1L], marks[, j]))
  })
  if (more_columns > 0L) {
    body <- c(body, list(rep("...", length(rows) + 1L)))
  }
  lines <- do.call(paste, c(list(formatC(c("", row_names), width = -max(nchar(row_names)))), body))
  lines <- c(title, lines)
  if (more_rows > 0L || more_columns > 0L) {
    left <- c(
      if (more_rows > 0L) count_text(more_rows, "more row"),
      if (more_columns > 0L) count_text(more_columns, "more column")
    )
    lines <- c(lines, paste0("... ", paste(left, collapse = ", ")))
  }
  list(lines = cli::ansi_align(lines, max(cli::ansi_nchar(lines))), cut = more_rows > 0L || more_columns > 0L)
}

shown_names <- function(names, at, prefix) {
  if (is.null(names)) paste0(prefix, at) else cli::ansi_strtrim(names[at], 16)
}

# One number of decimals for the whole matrix, so that the largest value shows `digits` of them.
format_aligned <- function(x, digits) {
  finite <- abs(x[is.finite(x)])
  if (length(finite) == 0L || max(finite) == 0 || all(finite == round(finite) & finite < 1e6)) {
    return(format(as.vector(x) + 0, digits = 15, trim = TRUE))
  }
  power <- floor(log10(max(finite)))
  if (power > 6 || power < -4) {
    return(formatC(as.vector(x), format = "e", digits = digits - 1L))
  }
  decimals <- max(0, digits - 1 - power)
  # No zeros that all numbers end in.
  while (decimals > 0 && all(abs(round(finite, decimals) - round(finite, decimals - 1)) < 10^-(decimals + 3))) {
    decimals <- decimals - 1
  }
  # Adding 0 makes -0 a plain 0.
  formatC(round(as.vector(x), decimals) + 0, format = "f", digits = decimals)
}

has_colours <- function() cli::num_ansi_colors() > 1L

# Colours where there are some, else a sign behind the cell.
mark_cells <- function(cells, marks) {
  if (!has_colours()) {
    return(paste0(cells, c(" ", "*", "+")[marks + 1L]))
  }
  cells[marks == 1L] <- cli::bg_yellow(cli::col_black(cells[marks == 1L]))
  orange <- cli::make_ansi_style("orange", bg = TRUE)
  cells[marks == 2L] <- orange(cli::col_black(cells[marks == 2L]))
  cells
}

blank_mark <- function() if (has_colours()) "" else " "

# Blocks beside each other as far as the console is wide.
print_blocks <- function(blocks, indent = "  ", gap = "   ") {
  width <- cli::console_width()
  at <- 1L
  while (at <= length(blocks)) {
    together <- at
    used <- nchar(indent) + block_width(blocks[[at]])
    while (together < length(blocks) && used + nchar(gap) + block_width(blocks[[together + 1L]]) <= width) {
      together <- together + 1L
      used <- used + nchar(gap) + block_width(blocks[[together]])
    }
    print_row(blocks[at:together], indent, gap)
    at <- together + 1L
  }
}

block_width <- function(block) max(cli::ansi_nchar(block$lines))

print_row <- function(blocks, indent, gap) {
  height <- max(vapply(blocks, function(block) length(block$lines), 0L))
  padded <- lapply(blocks, function(block) {
    c(block$lines, rep(strrep(" ", block_width(block)), height - length(block$lines)))
  })
  lines <- do.call(paste, c(padded, list(sep = gap)))
  cat(paste0(indent, cli::ansi_trimws(lines, "right"), "\n"), sep = "")
}
