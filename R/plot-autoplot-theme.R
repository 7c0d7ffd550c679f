# What all pictures with ggplot2 share: the theme, its ink and paper, legends, and text on lines that fit the device, as far as that is known.

# Inches to draw on, as far as is known: those of the device that is open.
gg_size <- function() if (grDevices::dev.cur() > 1L) grDevices::dev.size() else c(7, 5)

# Columns of a legend, whose keys are so wide.
gg_columns <- function(labels, key = 0.4) {
  fitting <- (gg_size()[1L] - 0.4) / (key + 0.09 * max(nchar(labels)))
  max(1L, min(length(labels), as.integer(fitting)))
}

gg_legend <- function(labels, ...) ggplot2::guide_legend(ncol = gg_columns(labels), byrow = TRUE, ...)

# Names along an axis, on lines of a third of the width.
gg_names <- function(names) gg_wrap(names, max(8, 0.33 * gg_size()[1L] / 0.075))

# The theme that the user has set; where none is, a plain one. In any case titles begin where the picture does, and legends stand outside of the panel.
gg_theme <- function() {
  plain <- if (is_plain_theme()) ggplot2::theme_minimal()
  # A legend that is wider than its panel goes on over the axis, not out of the picture.
  justified <- if (gg_size()[1L] < 4.5) "right" else "left"
  list(plain, ggplot2::theme(
    panel.grid.minor = ggplot2::element_blank(), legend.position = "top", legend.justification = justified, legend.margin = ggplot2::margin(0, 0, 0, 0),
    legend.key.height = ggplot2::unit(0.9, "lines"), strip.clip = if (utils::packageVersion("ggplot2") >= "3.4.0") "off",
    plot.margin = ggplot2::margin(5.5, 11, 5.5, 5.5), plot.title.position = "plot", plot.subtitle = ggplot2::element_text(size = ggplot2::rel(0.85))
  ))
}

is_plain_theme <- function() isTRUE(all.equal(ggplot2::theme_get(), ggplot2::theme_grey()))

# Ink and paper of the theme.
gg_inks <- function() {
  theme <- if (is_plain_theme()) ggplot2::theme_minimal() else ggplot2::theme_get()
  part <- function(element, what, absent) {
    found <- ggplot2::calc_element(element, theme)[[what]]
    if (is.null(found) || is.na(found)) absent else found
  }
  inks_of(part("text", "colour", palette_of$ink), part("panel.background", "fill", part("plot.background", "fill", palette_of$paper)))
}

# A title, or names, on lines of so many characters.
gg_wrap <- function(text, width) {
  if (!is.character(text)) {
    return(text)
  }
  vapply(text, wrap_text, "", width = width, cex = 1, measure = function(text, cex) nchar(text), USE.NAMES = FALSE)
}

gg_note <- function(note) if (!is.null(note)) gg_wrap(note, (gg_size()[1L] - 0.2) / 0.085)

gg_title <- function(main, own) gg_wrap(if (is.null(main)) own else main, (gg_size()[1L] - 0.2) / 0.1)

# Inches that texts take, as if all letters had one width.
gg_inches <- function(text, cex) {
  lines <- strsplit(as.character(text), "\n", fixed = TRUE)
  0.09 * cex * vapply(lines, function(own) max(0L, nchar(own)), 0)
}

# Titles of panels, on lines that fit into so many inches.
gg_labeller <- function(across) ggplot2::as_labeller(function(titles) gg_wrap(titles, max(6, 0.6 * across / 0.08)))
