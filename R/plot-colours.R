# Colours of all pictures: chosen so that people who see few colours can tell them apart (Okabe and Ito, 2008).
# No picture speaks by colour alone: signs also differ in line type, classes in plotting symbol.

palette_of <- list(
  positive = "#0072B2", negative = "#D55E00", ink = "#222222", muted = "#6B6B6B", rule = "#DADADA", paper = "#FFFFFF",
  classes = c("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#F0E442", "#000000")
)

# Negative, nothing, positive: orange through white to blue.
diverging_colours <- function(n = 101L) {
  grDevices::colorRampPalette(c("#B34700", "#E58A4A", "#F9D9C2", "#FAFAFA", "#C3DDF0", "#4F9FD1", "#00558C"), space = "Lab")(n)
}

# From little to much: light to dark, one hue to the next.
sequential_colours <- function(n = 101L) {
  grDevices::colorRampPalette(c("#FBF8EF", "#CFE3DD", "#8CC0C9", "#4189B0", "#1B4F85", "#10264F"), space = "Lab")(n)
}

# As many class colours as asked for; beyond the eight, hues evenly spaced.
class_colours <- function(k) {
  known <- palette_of$classes
  if (k <= length(known)) known[seq_len(k)] else grDevices::hcl(seq(15, 375, length.out = k + 1L)[seq_len(k)], 80, 55)
}

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
