# The page of an animation: what stands around frames or paths, and the frames. inst/animate/animate.js plays it.

animation_body <- function(stage, title, count, fps, labels = NULL, note = NULL, choice = NULL, below = NULL) {
  id <- paste0("nn-animate-", page_number("animate"))
  paste(c(
    paste0('<section class="nn-animate" id="', id, '" lang="en" tabindex="-1" aria-label="', as_html(title), '" data-fps="', fps, '">'),
    paste0('<p class="nn-title">', as_html(title), "</p>"),
    if (!is.null(note)) paste0('<p class="nn-note">', as_html(note), "</p>"),
    stage,
    '<div class="nn-controls" role="group" aria-label="Play" hidden>',
    '<button type="button" class="nn-play">Play</button>',
    paste0('<input type="range" class="nn-slider" min="0" max="', count - 1L, '" value="', count - 1L, '" step="1" aria-label="Place in the training">'),
    paste0('<output class="nn-where">', as_html(utils::tail(labels, 1L)), "</output>"), choice, "</div>", below,
    paste(
      '<p class="nn-keys" hidden><kbd>Space</kbd> plays and pauses, <kbd>\u2190</kbd> <kbd>\u2192</kbd> go step by step,',
      "<kbd>Home</kbd> <kbd>End</kbd> to the ends</p>"
    ),
    "</section>"
  ), collapse = "\n")
}

# All frames are in the page; without JavaScript the last one is shown.
frames_html <- function(files, labels) {
  last <- length(files)
  source <- vapply(files, function(file) to_base64(readBin(file, "raw", file.size(file))), "")
  c(
    '<div class="nn-frames">',
    paste0('<img alt="', as_html(labels), '" src="data:image/png;base64,', source, '"', ifelse(seq_along(files) == last, "", " hidden"), ">"),
    "</div>"
  )
}
