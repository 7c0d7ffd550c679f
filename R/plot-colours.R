# Colours of all pictures: chosen so that people who see few colours can tell them apart (Okabe and Ito, 2008).
# No picture speaks by colour alone: signs also differ in line type, classes in plotting symbol, and beyond eight of them in their names.

palette_of <- list(
  positive = "#0072B2", negative = "#D55E00", ink = "#222222", muted = "#6B6B6B", rule = "#DADADA", paper = "#FFFFFF",
  # Their yellow and black, which one of white and black paper swallows, are darker and lighter here.
  classes = c("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#767676", "#948B00")
)

# Ink and paper of the open device, and what lies between: a device with dark paper and the usual black ink gets a light one.
device_inks <- function() {
  paper <- device_paper()
  ink <- graphics::par("fg")
  if (ink_on(ink) == ink_on(paper) || ink == "black") ink <- if (ink_on(paper) == palette_of$ink) palette_of$ink else "#EEEEEE"
  inks_of(ink, paper)
}

device_paper <- function() {
  paper <- graphics::par("bg")
  if (grDevices::col2rgb(paper, alpha = TRUE)[4L] == 0) palette_of$paper else paper
}

inks_of <- function(ink, paper) list(ink = ink, muted = mixed_colours(ink, paper, 0.67), rule = mixed_colours(ink, paper, 0.17), paper = paper)

# So much of each `colour` on `paper`, opaque.
mixed_colours <- function(colour, paper, share) {
  share <- rep(share, each = 3L)
  rgb <- (grDevices::col2rgb(colour) * share + drop(grDevices::col2rgb(paper)) * (1 - share)) / 255
  grDevices::rgb(rgb[1L, ], rgb[2L, ], rgb[3L, ])
}

# Negative, nothing, positive: orange through white to blue.
diverging_colours <- function(n = 101L) {
  grDevices::colorRampPalette(c("#B34700", "#E58A4A", "#F9D9C2", "#FAFAFA", "#C3DDF0", "#4F9FD1", "#00558C"), space = "Lab")(n)
}

# From little to much: light to dark, one hue to the next.
sequential_colours <- function(n = 101L) {
  grDevices::colorRampPalette(c("#FBF8EF", "#CFE3DD", "#8CC0C9", "#4189B0", "#1B4F85", "#10264F"), space = "Lab")(n)
}

# As many class colours as asked for. Beyond the eight they begin again: hues between them could not be told apart, and symbols, line types
# and names beside what is drawn tell those of one colour.
class_colours <- function(k) rep_len(palette_of$classes, k)

# Symbols that are filled, and lines: together with the colours 40 classes and 24 lines differ.
class_symbols <- function(k) rep_len(c(21L, 24L, 22L, 23L, 25L), k)

class_lines <- function(k) rep_len(1:6, k)

# Colours of values on a scale from `range[1]` to `range[2]`.
colour_of <- function(values, range, colours) {
  width <- range[2L] - range[1L]
  at <- if (width > 0) (values - range[1L]) / width else rep(0.5, length(values))
  colours[1L + round(pmax(0, pmin(1, at)) * (length(colours) - 1L))]
}

# Ink that can be read on a colour.
ink_on <- function(colours) {
  rgb <- grDevices::col2rgb(colours) / 255
  ifelse(0.299 * rgb[1L, ] + 0.587 * rgb[2L, ] + 0.114 * rgb[3L, ] > 0.55, palette_of$ink, palette_of$paper)
}

# A colour with some of its opacity taken away.
faded <- function(colours, opacity) grDevices::adjustcolor(colours, alpha.f = opacity)
