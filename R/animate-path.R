# The page of paths down the loss: contours and paths as SVG, and the numbers by which inst/animate/animate.js draws the paths up to each place.

path_stage <- list(size = 560, left = 66, top = 10, width = 640, height = 632)

path_body <- function(picture, by, fps) {
  shown <- lapply(seq_along(picture$labels), function(k) thinned(picture$paths[picture$paths$method == k, ]))
  stage <- c(
    paste0(
      '<svg class="nn-stage" viewBox="0 0 ', path_stage$width, " ", path_stage$height, '" role="img" aria-label="',
      as_html(paste0("Contours of the loss over ", picture$axes[1L], " and ", picture$axes[2L], ", with ", count_text(length(shown), "path"))), '">'
    ),
    svg_contours(picture), svg_axes(picture), svg_paths(picture, shown), "</svg>",
    '<script type="application/json" class="nn-data">', paths_as_json(shown, picture), "</script>"
  )
  updates <- max(picture$paths$iteration)
  choice <- paste0(
    '<label class="nn-by">counted in <select>',
    paste0('<option value="', c("iteration", "epoch"), '"', ifelse(c("iteration", "epoch") == by, " selected", ""), ">", c("updates", "epochs"), "</option>", collapse = ""),
    "</select></label>"
  )
  where <- if (by == "iteration") count_text(updates, "update") else count_text(max(picture$paths$epoch), "epoch")
  animation_body(stage, picture$title, updates + 1L, fps, where, picture$note, choice, path_table(picture, shown))
}

# What a screen can show of a path of very many steps.
thinned <- function(path, most = 1500L) path[evenly(nrow(path), most), ]

# From weights to places on the stage, to a tenth of a unit.
stage_x <- function(x, limits) round(path_stage$left + (x - limits$x[1L]) / diff(limits$x) * path_stage$size, 1L)
stage_y <- function(y, limits) round(path_stage$top + (limits$y[2L] - y) / diff(limits$y) * path_stage$size, 1L)

# Far outside of the stage, where a browser's numbers end, nothing is drawn.
near_stage <- function(at) pmax(-1e5, pmin(1e5, at))

svg_contours <- function(picture) {
  x <- unique(picture$surface$x)
  y <- unique(picture$surface$y)
  height <- matrix(picture$surface$loss, length(x))
  limits <- picture$limits
  n <- length(picture$colours)
  frame <- sprintf('x="%s" y="%s" width="%s" height="%s"', path_stage$left, path_stage$top, path_stage$size, path_stage$size)
  # The highest ring is the ground; what is lower is laid on it, level by level.
  rings <- vapply(rev(seq_along(picture$levels)), function(k) {
    colours <- c(picture$colours[k], night_colours(n)[k])
    paste0('<path class="nn-ring" style="--day:', colours[1L], ";--night:", colours[2L], '" d="', svg_ring(x, y, height, picture$levels[k], limits), '"/>')
  }, "")
  labels <- unlist(lapply(picture$levels, function(level) svg_level_label(x, y, height, level, limits)))
  c(
    paste0("<rect ", frame, ' class="nn-ring" style="--day:', picture$colours[n], ";--night:", night_colours(n)[n], '"/>'),
    if (anyNA(height)) '<title>Where there is no contour the loss is no finite number.</title>',
    rings, labels
  )
}

# From dark to less dark: higher is lighter at night.
night_colours <- function(n) grDevices::colorRampPalette(c("#10161c", "#1c3140", "#2c4f63", "#436f83", "#5f8b9b"), space = "Lab")(max(n, 2L))[seq_len(n)]

# Where the loss is at most `level`: contours closed by a rim of high ground just outside.
svg_ring <- function(x, y, height, level, limits) {
  rim <- function(at) c(at[1L] - 1e-6 * diff(range(at)), at, at[length(at)] + 1e-6 * diff(range(at)))
  high <- max(height, level, na.rm = TRUE)
  high <- high + max(1, abs(high))
  height[is.na(height)] <- high
  lines <- grDevices::contourLines(rim(x), rim(y), rbind(high, cbind(high, height, high), high), levels = level)
  paste(vapply(lines, function(line) paste0("M", svg_points(line$x, line$y, limits), "Z"), ""), collapse = "")
}

svg_points <- function(x, y, limits) {
  at <- paste(near_stage(stage_x(x, limits)), near_stage(stage_y(y, limits)))
  paste(at[c(TRUE, at[-1L] != at[-length(at)])], collapse = " ")
}

# On the longest line of the level, where that runs inside.
svg_level_label <- function(x, y, height, level, limits) {
  lines <- grDevices::contourLines(x, y, height, levels = level)
  if (length(lines) == 0L) {
    return(NULL)
  }
  line <- lines[[which.max(lengths(lapply(lines, function(line) line$x)))]]
  at <- data.frame(x = stage_x(line$x, limits) - path_stage$left, y = stage_y(line$y, limits) - path_stage$top)
  inside <- pmin(at$x, at$y, path_stage$size - at$x, path_stage$size - at$y)
  if (max(inside) < 30) {
    return(NULL)
  }
  # Towards the upper right, away from where paths begin and end more often than not.
  place <- which.max(ifelse(inside >= 30, at$x - at$y, -Inf))
  sprintf('<text class="nn-level" x="%s" y="%s">%s</text>', path_stage$left + at$x[place], path_stage$top + at$y[place] + 4, format(level))
}

svg_axes <- function(picture) {
  limits <- picture$limits
  ticks <- lapply(limits, function(range) Filter(function(at) at >= range[1L] && at <= range[2L], pretty(range, 5L)))
  bottom <- path_stage$top + path_stage$size
  middle <- path_stage$size / 2
  c(
    sprintf('<line class="nn-tick" x1="%s" x2="%1$s" y1="%s" y2="%s"/><text class="nn-at" x="%1$s" y="%s">%s</text>', stage_x(ticks$x, limits), bottom, bottom + 6, bottom + 22, format(ticks$x, trim = TRUE)),
    sprintf('<line class="nn-tick" x1="%s" x2="%s" y1="%s" y2="%3$s"/><text class="nn-at nn-side" x="%s" y="%s">%s</text>', path_stage$left - 6, path_stage$left, stage_y(ticks$y, limits), path_stage$left - 10, stage_y(ticks$y, limits) + 5, format(ticks$y, trim = TRUE)),
    sprintf('<text class="nn-axis" x="%s" y="%s">%s</text>', path_stage$left + middle, bottom + 46, as_html(picture$axes[1L])),
    sprintf('<text class="nn-axis" transform="translate(16 %s) rotate(-90)">%s</text>', path_stage$top + middle, as_html(picture$axes[2L]))
  )
}

# Each whole path with its last point, as the page shows them without a script.
svg_paths <- function(picture, shown) {
  limits <- picture$limits
  clip <- paste0("nn-clip-", page_number("clip"))
  ways <- vapply(laid_in_order(picture$counts), function(k) {
    path <- shown[[k]]
    last <- path[nrow(path), ]
    # Where there are few steps each is a dot.
    dot <- paste0(clip, "-", k)
    dotted <- picture$counts[k] <= 60L
    paste0(
      '<g class="nn-way" data-way="', k - 1L, '" style="', way_style(picture, k), '">',
      if (dotted) paste0('<marker id="', dot, '" viewBox="-5 -5 10 10" markerWidth="7" markerHeight="7" markerUnits="userSpaceOnUse"><circle class="nn-head" r="4"/></marker>'),
      '<polyline style="stroke-width:', 1.3 * picture$widths[k], if (dotted) paste0(";marker-mid:url(#", dot, ")"), '" points="',
      svg_points(path$x, path$y, limits), '"/><path class="nn-head" d="', symbol_shape(picture$symbols[k]), '" transform="translate(',
      near_stage(stage_x(last$x, limits)), " ", near_stage(stage_y(last$y, limits)), ')"/></g>'
    )
  }, "")
  start <- shown[[1L]][1L, ]
  c(
    sprintf('<clipPath id="%s"><rect x="%s" y="%s" width="%s" height="%4$s"/></clipPath>', clip, path_stage$left, path_stage$top, path_stage$size),
    paste0('<g clip-path="url(#', clip, ')">'), ways,
    sprintf('<circle class="nn-start" cx="%s" cy="%s" r="6"><title>start</title></circle>', stage_x(start$x, limits), stage_y(start$y, limits)), "</g>"
  )
}

# The colours by day are those of all pictures; by night lighter ones of the same hues.
way_style <- function(picture, k) {
  day <- picture$hues[k]
  known <- match(day, palette_of$classes)
  night <- if (is.na(known)) day else c("#58B5F5", "#FF9A4D", "#3FD6A4", "#F0A6CF", "#FFC84A", "#8ED3FA", "#F7EE7A", "#F2F2F2")[known]
  paste0("--day:", day, ";--night:", night)
}

# As class_symbols(): circle, triangle, square, diamond, triangle downwards; about as large as each other.
symbol_shape <- function(symbol) {
  switch(as.character(symbol),
    `21` = "M-7 0a7 7 0 1 0 14 0a7 7 0 1 0 -14 0Z", `24` = "M0 -9L8 6L-8 6Z", `22` = "M-6.5 -6.5H6.5V6.5H-6.5Z", `23` = "M0 -9L9 0L0 9L-9 0Z", "M0 9L8 -6L-8 -6Z"
  )
}

# Numbers alone; more digits than the page shows, so that rounding twice is rounding once. Epochs are counted in parts, as far as a path's updates go.
paths_as_json <- function(shown, picture) {
  list_of <- function(values, digits = 7L) paste0("[", paste(ifelse(is.finite(values), as.character(signif(values, digits)), "null"), collapse = ","), "]")
  each <- vapply(shown, function(path) {
    per_epoch <- max(1, max(path$iteration) / max(1, path$epoch))
    paste0(
      '{"iteration":', list_of(path$iteration), ',"epoch":', list_of(path$iteration / per_epoch), ',"x":', list_of(path$x, 9L), ',"y":', list_of(path$y, 9L), ',"loss":', list_of(path$loss, 9L),
      ',"px":', list_of(near_stage(stage_x(path$x, picture$limits))), ',"py":', list_of(near_stage(stage_y(path$y, picture$limits))), "}"
    )
  }, "")
  paste0("[", paste(each, collapse = ","), "]")
}

# Where each path is: a row for each, with a box to show or hide it.
path_table <- function(picture, shown) {
  methods <- sub("\n.*$", "", picture$labels)
  rows <- vapply(seq_along(shown), function(k) {
    last <- shown[[k]][nrow(shown[[k]]), ]
    cells <- c(last$iteration, last$epoch, vapply(c(last$x, last$y, last$loss), format, "", digits = 4))
    paste0(
      '<tr style="', way_style(picture, k), '"><th scope="row"><label><input type="checkbox" checked data-way="', k - 1L, '"> ',
      '<svg class="nn-swatch" viewBox="-10 -10 20 20" aria-hidden="true"><path class="nn-head" d="', symbol_shape(picture$symbols[k]), '"/></svg> ', as_html(methods[k]), "</label></th>",
      paste0('<td class="nn-', c("iteration", "epoch", "x", "y", "loss"), '">', cells, "</td>", collapse = ""), "</tr>"
    )
  }, "")
  heads <- as_html(c("", "updates", "epochs", picture$axes, "loss"))
  c(
    '<div class="nn-table"><table><thead><tr>', paste0('<th scope="col">', heads, "</th>", collapse = ""), "</tr></thead><tbody>", rows, "</tbody></table></div>"
  )
}
