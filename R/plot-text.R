# Text of pictures: measured, made smaller and broken so that it fits its room. All of it is kept.

text_inches <- function(text, cex) graphics::strwidth(text, units = "inches", cex = cex)

count_each <- function(text) if (length(text) == 0L) 0L else lengths(strsplit(paste0(text, " "), "\n", fixed = TRUE))

count_lines <- function(text) sum(count_each(text))

# `text` no wider than `width` inches: smaller, down to `smallest`, and then on several lines; all of it is kept. Of several texts each has a width of its
# own, and they have one size. `lines` is how many lines each may have before it is made smaller.
fit_text <- function(text, width, cex = 1, smallest = 0.6, lines = 1L, measure = text_inches) {
  if (length(text) == 0L) {
    return(list(text = character(), cex = cex))
  }
  text <- as.character(text)
  text[is.na(text)] <- "NA"
  width <- rep_len(width, length(text))
  for (size in unique(c(seq(cex, smallest, by = -0.05), smallest))) {
    wrapped <- if (lines == 1L) text else mapply(wrap_text, text, width, MoreArgs = list(cex = size, measure = measure), USE.NAMES = FALSE)
    fits <- measure(wrapped, size) <= width & lengths(strsplit(wrapped, "\n", fixed = TRUE)) <= lines
    # Letters are rather small than torn from their word.
    if (lines > 1L) fits <- fits & widest_part(text, size, measure) <= width
    if (all(fits)) {
      return(list(text = wrapped, cex = size))
    }
  }
  list(text = mapply(wrap_text, text, width, MoreArgs = list(cex = smallest, measure = measure), USE.NAMES = FALSE), cex = smallest)
}

# Texts one below the other, `slot` inches apart: no taller than that, and no wider than `width` where that can be.
fit_rows <- function(text, width, slot, line, cex, measure = text_inches) {
  for (size in seq(cex, 0.3, by = -0.05)) {
    wrapped <- mapply(wrap_text, text, width, MoreArgs = list(cex = size, measure = measure), USE.NAMES = FALSE)
    torn <- widest_part(text, size, measure) > width
    if (all(count_each(wrapped) * size * line <= slot) && !any(torn)) {
      return(list(text = wrapped, cex = size))
    }
  }
  list(text = as.character(text), cex = max(0.2, min(cex, 0.95 * slot / line, width / max(measure(text, 1)))))
}

# Broken after spaces, underscores, points and the like; within a word only where it is too long for a line by itself.
wrap_text <- function(text, width, cex, measure = text_inches) {
  wide <- function(part) measure(part, cex) > width
  parts <- word_parts(text)[[1L]]
  lines <- ""
  for (part in parts[nzchar(parts)]) {
    last <- length(lines)
    if (nzchar(lines[last]) && (endsWith(lines[last], "\n") || wide(trimws(paste0(lines[last], part), "right")))) {
      lines <- c(lines, "")
      last <- last + 1L
    }
    lines[last] <- paste0(lines[last], part)
    while (nchar(lines[last]) > 1L && wide(trimws(lines[last], "right"))) {
      fitting <- max(1L, sum(!vapply(seq_len(nchar(lines[last])), function(n) wide(substr(lines[last], 1L, n)), NA)))
      if (fitting >= nchar(lines[last])) break
      lines <- c(lines[-last], substr(lines[last], 1L, fitting), substring(lines[last], fitting + 1L))
      last <- last + 1L
    }
  }
  paste(sub("[ \n]+$", "", lines), collapse = "\n")
}

# The parts that are not broken, each with what ends it.
word_parts <- function(text) {
  found <- regmatches(text, gregexpr("[^ _.:/\n-]*[ _.:/-]*\n?", text))
  lapply(found, function(parts) if (all(parts == "")) "" else parts[nzchar(parts)])
}

# The widest of them, of each text.
widest_part <- function(text, cex, measure) vapply(word_parts(text), function(parts) max(measure(trimws(parts, "right"), cex)), 0)
