# The page's HTML: a section for each step with its matrices as tables and the sums behind their cells.
# All of it is in the page from the beginning; inst/view/view.js only chooses what is shown.

view_title <- function(trace) {
  paste0("A ", paste(unclass(trace)$network$sizes, collapse = "-"), " network, step by step")
}

view_body <- function(trace, limits) {
  session$views <- 1L + if (is.null(session$views)) 0L else session$views
  id <- paste0("nn-view-", session$views)
  fields <- unclass(trace)
  steps <- fields$steps
  iteration <- vapply(steps, function(step) as.integer(step$iteration), 0L)
  shown <- which(iteration %in% utils::head(unique(iteration), limits$iterations))
  # What is given needs no sum: the matrices of one step stand together.
  place <- vapply(shown, function(k) {
    step <- steps[[k]]
    if (step$op == "given") paste(step$iteration, step$number) else paste("own", k)
  }, "")
  groups <- split(shown, factor(place, unique(place)))
  sections <- vapply(seq_along(groups), function(k) {
    view_section(trace, groups[[k]], paste0(id, "-", k), limits)
  }, "")
  paste(c(
    paste0('<div class="nn-view" id="', id, '" lang="en">'),
    view_header(trace), view_controls(),
    '<p class="nn-unseen nn-announce" aria-live="polite"></p>',
    sections, view_legend(), "</div>"
  ), collapse = "\n")
}

view_header <- function(trace) {
  fields <- unclass(trace)
  network <- fields$network
  facts <- c(
    paste(c(network$activation, network$output), collapse = " \u2192 "),
    paste0(
      gsub("_", " ", network$loss), " ", format(fields$loss[["before"]], digits = 4), " \u2192 ",
      format(fields$loss[["after"]], digits = 4)
    ),
    paste0(network$optimizer$name, ", learning rate ", format(fields$lr, digits = 4)),
    count_text(nrow(fields$iterations), "iteration")
  )
  c(
    paste0("<h2>", escape(view_title(trace)), "</h2>"),
    paste0('<p class="nn-facts">', paste(escape(facts), collapse = " &middot; "), "</p>")
  )
}

view_controls <- function() {
  c(
    '<div class="nn-controls" role="group" aria-label="Go through the steps" hidden>',
    '<button type="button" class="nn-back">Back</button>',
    '<button type="button" class="nn-play" aria-pressed="false">Play</button>',
    '<button type="button" class="nn-next">Next</button>',
    '<label><input type="checkbox" class="nn-each"> play each cell</label>',
    '<span class="nn-count"></span>', "</div>",
    '<ol class="nn-timeline" aria-label="Steps" hidden></ol>'
  )
}

view_legend <- function() {
  c(
    '<p class="nn-legend" hidden>',
    '<span><i class="nn-key nn-key-current"></i>the cell explained</span>',
    '<span><i class="nn-key nn-key-read"></i>the cells it is made from</span>',
    "<span>\u25b2 \u25bc rose or fell in the update</span>",
    "<span><kbd>\u2190</kbd> <kbd>\u2192</kbd> between steps</span>", "<span>click a cell for the sum behind it</span>", "</p>"
  )
}

view_section <- function(trace, positions, id, limits) {
  steps <- unclass(trace)$steps[positions]
  step <- steps[[1L]]
  iterations <- nrow(unclass(trace)$iterations)
  title <- if (length(steps) > 1L) given_title(step) else step$name
  given <- step$op == "given"
  heading <- paste0("<h3 id=\"", id, "\"><span class=\"nn-badge\">Step ", step$number, ", ", step$phase, "</span> ", escape(title), "</h3>")
  notes <- unique(unlist(lapply(steps, function(one) one$note)))
  paste(c(
    paste0(
      '<section class="nn-step" aria-labelledby="', id, '" data-phase="', step$phase, '" data-number="', step$number,
      '" data-title="', escape(title), '" data-of="', if (iterations > 1L) paste0(", iteration ", step$iteration, " of ", iterations), '">'
    ),
    heading,
    if (!given) paste0('<p class="nn-formula"><code>', escape(step$formula), "</code></p>"),
    if (!given) paste0('<p class="nn-shape">', escape(step$shape), "</p>"),
    if (length(notes) > 0L) paste0('<p class="nn-note">', escape(notes), "</p>"),
    '<div class="nn-why" hidden></div>',
    '<div class="nn-tables">', view_tables(steps, limits), "</div>",
    if (!given) view_sums(trace, positions, limits),
    "</section>"
  ), collapse = "\n")
}

given_title <- function(step) {
  if (step$number == 0L) "The rows of this iteration" else if (step$iteration > 1L) "Weights and biases so far" else "Weights and biases to start from"
}

# The operands with the signs of the formula between them, and the result.
view_tables <- function(steps, limits) {
  step <- steps[[1L]]
  if (step$op == "given") {
    return(unlist(lapply(steps, view_result, limits)))
  }
  names <- names(step$operands)
  operands <- lapply(names, function(name) {
    caption <- if (name == step$key) paste(name, "before") else name
    view_matrix(
      step$operands[[name]], name, caption, limits, "nn-operand",
      paste0(' data-reads="', paste(step$reads[[name]], collapse = " "), '"')
    )
  })
  # Each sign stays with the table after it when the row is broken.
  signs <- c("", view_signs(step))
  paste0('<div class="nn-part">', view_sign(signs), c(unlist(operands), view_result(step, limits)), "</div>")
}

view_signs <- function(step) {
  known <- switch(step$op,
    weighted_sum = c("\u00d7", "+"),
    back = "\u00d7 transposed",
    descend_weights = c("+ lr \u00d7 transposed", "\u00d7"),
    descend_biases = "+ lr \u00d7 column sums of",
    gradient_weights = c("transposed \u00d7", "and"),
    gradient_biases = character(),
    character()
  )
  between <- length(step$operands) - 1L
  if (step$op == "weighted_sum") known <- c(known, "+")[seq_len(between)]
  # The same sign throughout where the formula, not the row of tables, tells.
  c(if (length(known) == between) known else rep(if (grepl("^[^=]+= [^ ]+ \\* [^ ]+$", step$formula)) "*" else "and", between), "=")
}

view_sign <- function(sign) ifelse(nzchar(sign), paste0('<span class="nn-sign">', sign, "</span>"), "")

view_result <- function(step, limits) {
  before <- step$operands[[step$key]]
  given <- switch(as.character(step$number), `0` = "Given: this is the data.", "Given: this is where the iteration starts.")
  view_matrix(
    step$result, step$key, if (is.null(before)) step$key else paste(step$key, "after"), limits, "nn-result",
    if (step$op == "given") paste0(' data-given="', given, '"'),
    if (!is.null(before)) sign(step$result - before)
  )
}

# A matrix as a table with a caption and headers in both directions.
view_matrix <- function(x, key, caption, limits, class, attributes = NULL, direction = NULL) {
  rows <- seq_len(min(nrow(x), limits$rows))
  columns <- seq_len(min(ncol(x), limits$columns))
  shown <- x[rows, columns, drop = FALSE]
  text <- array(sub("^-", "\u2212", format_aligned(shown, limits$digits)), dim(shown))
  row_names <- if (is.null(rownames(x))) as.character(rows) else rownames(x)[rows]
  column_names <- if (is.null(colnames(x))) as.character(columns) else colnames(x)[columns]
  more <- c(
    if (nrow(x) > length(rows)) count_text(nrow(x) - length(rows), "more row"),
    if (ncol(x) > length(columns)) count_text(ncol(x) - length(columns), "more column")
  )
  body <- vapply(rows, function(i) {
    moved <- if (is.null(direction)) "" else c(' class="nn-down"', "", ' class="nn-up"')[direction[i, columns] + 2]
    cells <- paste0(
      "<td", moved, ' data-i="', i, '" data-j="', columns, '" data-row="', escape(row_names[i]), '" data-column="', escape(column_names),
      '">', text[i, ], "</td>"
    )
    paste0("<tr><th scope=\"row\">", escape(row_names[i]), "</th>", paste(cells, collapse = ""), "</tr>")
  }, "")
  paste0(
    '<table class="nn-matrix ', class, '" data-key="', escape(key), '"', attributes, ">",
    "<caption>", escape(caption), " <small>", nrow(x), " \u00d7 ", ncol(x), "</small></caption>",
    "<thead><tr><td></td>", paste0('<th scope="col">', escape(column_names), "</th>", collapse = ""), "</tr></thead>",
    "<tbody>", paste(body, collapse = ""), "</tbody>",
    if (length(more) > 0L) {
      paste0('<tfoot><tr class="nn-more"><td colspan="', length(columns) + 1L, '">\u2026 ', paste(more, collapse = " and "), "</td></tr></tfoot>")
    },
    "</table>"
  )
}

# The sum behind every cell shown, with its check where the cell is a derivative.
view_sums <- function(trace, position, limits) {
  step <- unclass(trace)$steps[[position]]
  rows <- seq_len(min(nrow(step$result), limits$rows))
  columns <- seq_len(min(ncol(step$result), limits$columns))
  at <- expand.grid(j = columns, i = rows)
  checks <- lapply(seq_len(nrow(at)), function(k) {
    if (limits$check) trace_difference(trace, position, at$i[k], at$j[k])
  })
  checked <- !all(vapply(checks, is.null, NA))
  lines <- vapply(seq_len(nrow(at)), function(k) {
    view_sum_row(step, at$i[k], at$j[k], checks[[k]], checked, limits$digits)
  }, "")
  paste0(
    '<details class="nn-sums"><summary>The sum behind every cell',
    if (checked) ", and its check by finite differences", "</summary>",
    "<table><caption class=\"nn-unseen\">Sums behind the cells of ", escape(step$key), "</caption><thead><tr>",
    '<th scope="col">cell</th><th scope="col">sum</th>',
    if (checked) '<th scope="col">by backpropagation</th><th scope="col">by finite differences</th><th scope="col">relative difference</th>',
    "</tr></thead><tbody>", paste(lines, collapse = ""), "</tbody></table></details>"
  )
}

view_sum_row <- function(step, i, j, check, checked, digits) {
  name <- function(names, k) if (is.null(names)) k else names[k]
  cell <- paste0("[", name(rownames(step$result), i), ", ", name(colnames(step$result), j), "]")
  numbers <- if (is.null(check)) {
    c("", "", "")
  } else {
    c(format(check$analytic, digits = 7), format(check$numeric, digits = 7), format(check$relative, digits = 2))
  }
  paste0(
    '<tr data-i="', i, '" data-j="', j, '"',
    if (!is.null(check)) {
      # Central differences of sums near 0 lose digits: a difference that small is none. Numbers that are not finite agree with nothing.
      agrees <- isTRUE(check$relative < 1e-4 || abs(check$analytic - check$numeric) < 1e-9)
      paste0(' data-what="', escape(check$what), '" data-agrees="', if (agrees) "yes" else "no", '"')
    },
    "><th scope=\"row\">", escape(cell), "</th><td><code>", escape(trace_numbers(step, i, j, digits)), "</code></td>",
    if (checked) paste0("<td>", numbers, "</td>", collapse = ""), "</tr>"
  )
}

escape <- function(text) htmltools::htmlEscape(text, attribute = TRUE)
