# A trace as plain data for its page: every number once, at full length; inst/view/ draws and computes from it.

# More numbers to begin with than these make a page too large to be sent; its numbers can then be looked at, not changed.
view_most_given <- 20000L

view_data <- function(trace, limits) {
  fields <- unclass(trace)
  shown_iterations <- utils::head(unique(vapply(fields$steps, function(step) as.integer(step$iteration), 0L)), limits$iterations)
  shown <- which(vapply(fields$steps, function(step) step$iteration %in% shown_iterations, NA))
  why <- view_obstacle(trace, shown)
  writer <- view_writer(limits, whole = is.null(why))
  # The engine's checks are for pages that have none of their own, and need all steps.
  checked <- !is.null(why) && limits$check && is_whole_trace(fields$steps[shown])
  steps <- lapply(shown, function(k) writer$step(fields$steps[[k]], if (checked) view_checks(trace, k, limits)))
  rows <- fields$iterations[shown_iterations, , drop = FALSE]
  losses <- view_losses(fields, shown_iterations)
  list(
    title = view_title(trace), facts = I(view_facts(trace)), digits = limits$digits, rows = limits$rows, columns = limits$columns,
    check = limits$check, blank = limits$blank, answers = limits$answers, obstacle = why,
    iterations = I(shown_iterations), of = nrow(fields$iterations), cut = I(as.character(cut_text(trace, limits))), lr = I(rows$lr), batch = I(rows$rows),
    loss = list(
      name = fields$network$loss, before = I(losses$before), after = I(losses$after), partial = losses$partial,
      template = unname(trace_loss_values[fields$network$loss])[fields$network$loss %in% names(trace_loss_values)],
      par = loss_parameter(fields)
    ),
    paired = is_paired(fields$engine), mean_weight = fields$mean_weight, clip = fields$engine$clip_norm, fresh_rate = is_fresh_rprop(fields),
    layers = view_layers(fields), unique_rows = !anyDuplicated(fields$names$rows),
    names = writer$names(), kinds = writer$kinds(), steps = steps
  )
}

# Why the page cannot compute by itself; NULL where it can.
view_obstacle <- function(trace, shown) {
  fields <- unclass(trace)
  steps <- fields$steps[shown]
  untold <- vapply(steps, function(step) step$op == "engine" || (step$op == "cell" && is.null(step$values$template)), NA)
  # Rows that come again are written once, and weights are those that the iteration before left.
  given <- Filter(function(step) step$op == "given" && (step$iteration == 1L || step$number != 1L), steps)
  given <- sum(lengths(unique(lapply(given, function(step) step$result))))
  if (!identical(fields$engine$precision, "double")) {
    "The network was trained in single precision, in which the page cannot compute."
  } else if (length(fields$engine$custom) > 0L) {
    "The network has functions of R's own, which a page cannot run."
  } else if (!all(vapply(steps, function(step) all(is.finite(step$result)), NA))) {
    "The training left the finite numbers."
  } else if (any(untold)) {
    first <- steps[[which(untold)[1L]]]
    paste0("The page has no formula for ", first$key, " (", lower_first(first$name), "): the numbers are the engine's.")
  } else if (!fields$network$loss %in% names(trace_loss_values)) {
    paste0("The page has no formula for the loss ", gsub("_", " ", fields$network$loss), ".")
  } else if (given > view_most_given) {
    paste0(
      "The trace begins with ", format(given, big.mark = ","), " numbers, more than the ", format(view_most_given, big.mark = ","),
      " that a page carries in full."
    )
  } else if (!is_whole_trace(steps)) {
    "The trace was cut: steps of an iteration are missing."
  }
}

# Whether every iteration has the steps from its data to its update.
is_whole_trace <- function(steps) {
  iterations <- vapply(steps, function(step) as.integer(step$iteration), 0L)
  length(steps) > 0L && identical(unique(iterations), seq_len(max(iterations))) &&
    all(vapply(split(steps, iterations), function(of) {
      keys <- vapply(of, function(step) step$key, "")
      all(c("X", "Y", "output_layer_input", "output", "d_output") %in% keys) && of[[length(of)]]$phase == "update"
    }, NA))
}

# The loss of the rows of each iteration, before and after it. Mini-batches have their own, as the engine evaluates them.
view_losses <- function(fields, iterations) {
  table <- fields$iterations[iterations, , drop = FALSE]
  of <- function(iteration, key, last = FALSE) {
    found <- Filter(function(step) step$iteration == iteration && step$key == key, fields$steps)
    if (length(found) > 0L) found[[if (last) length(found) else 1L]]$result
  }
  partial <- any(table$rows < length(fields$names$rows)) && !is.null(of(iterations[1L], "X")) && !is.null(of(iterations[1L], "Y"))
  if (!partial) {
    return(list(before = table$loss_before, after = table$loss_after, partial = FALSE))
  }
  evaluate <- function(iteration, last) {
    get <- function(key) of(iteration, key, last)
    engine <- fields$engine
    own <- own_keys[engine$loss]
    if (!is.na(own) && !is.null(get(own))) engine$ancillary <- as.vector(get(own))
    weights <- of(iteration, "case_weights")
    answer <- engine_evaluate(
      engine, parameters_at(fields, get, "weights"), parameters_at(fields, get, "biases"), unname(of(iteration, "X")), unname(of(iteration, "Y")),
      if (!is.null(weights)) as.vector(weights), unname(of(iteration, "offset"))
    )
    answered(answer)$loss
  }
  evaluated <- function(last) vapply(iterations, function(iteration) tryCatch(evaluate(iteration, last), backprop_error = function(cnd) NaN), 0)
  list(before = evaluated(FALSE), after = evaluated(TRUE), partial = TRUE)
}

loss_parameter <- function(fields) {
  par <- trace_losses[[fields$network$loss]]$par
  if (is.null(par)) NULL else stats::setNames(list(I(as.double(fields$engine$loss_par))), par)
}

# Rprop begins with steps of the learning rate; where it goes on from an earlier training, the rate is not asked.
is_fresh_rprop <- function(fields) {
  if (fields$network$optimizer$name != "rprop") {
    return(FALSE)
  }
  first <- Filter(function(step) startsWith(step$key, "step_size_"), fields$steps)
  length(first) > 0L && all(first[[1L]]$operands[[first[[1L]]$key]] == fields$lr)
}

# What the picture of the network needs.
view_layers <- function(fields) {
  layers <- length(fields$network$sizes) - 1L
  list(
    sizes = I(fields$network$sizes), keys = lapply(fields$keys, I),
    dense = I(vapply(seq_len(layers), function(l) layer_at(fields$settings, l)$kind == "dense", NA)),
    # A picture shows the names of few units.
    units = lapply(c(list(fields$names$inputs), fields$names$hidden, list(fields$names$outputs)), function(names) I(utils::head(names, 500L)))
  )
}

# Writes steps so that what they share is written once: `kinds` of steps, `names` of rows and columns, and matrices that an earlier step made.
# With `whole` the page computes: what is given is written in full, else as much of a matrix as is shown or told in sums.
view_writer <- function(limits, whole) {
  names <- new_store()
  kinds <- new_store()
  made <- list()
  at <- 0L
  matrix_data <- function(x, full = FALSE) {
    rows <- framed(nrow(x), limits$rows, full)
    columns <- framed(ncol(x), limits$columns, full)
    cut <- length(rows) < nrow(x) || length(columns) < ncol(x)
    c(
      list(d = dim(x), r = names$place(I(names_or_numbers(rownames(x), rows))), c = names$place(I(names_or_numbers(colnames(x), columns)))),
      if (cut) list(f = list(I(rows), I(columns))), list(v = I(as.vector(x[rows, columns])))
    )
  }
  step <- function(step, checks) {
    at <<- at + 1L
    operands <- step$operands
    # Weights go on from the iteration before.
    carried <- step$op == "given" && step$number == 1L && step$iteration > 1L
    if (carried) operands <- stats::setNames(list(step$result), step$key)
    from <- vapply(base::names(operands), function(key) {
      source <- made[[key]]
      if (!is.null(source) && identical(as.vector(source$value), as.vector(operands[[key]]))) source$at else 0L
    }, 0L)
    own <- operands[from == 0L]
    values <- step$values
    before <- made[[step$key]]
    again <- step$op == "given" && !is.null(before) && identical(before$value, step$result)
    kind <- list(
      number = step$number, layer = step$layer, key = step$key, name = step$name, phase = step$phase, op = step$op, carried = carried,
      formula = step$formula, shape = step$shape, template = values$template, roles = as.list(values$roles)[length(values$roles) > 0L],
      operands = I(as.character(base::names(operands))), reads = unname(lapply(step$reads[base::names(step$operands)], I)), rule = values$mixture
    )
    made[[step$key]] <<- list(at = at, value = step$result)
    scalars <- c(lapply(values$scalars, I), lapply(values[intersect(base::names(values), c("lr", "clip", "penalty"))], I))
    full <- whole && step$op == "given" && !carried
    c(
      list(k = kinds$place(kind), i = step$iteration, m = if (again) list(same = before$at - 1L) else matrix_data(step$result, full)),
      if (length(from) > 0L) list(from = I(unname(from) - 1L)), if (length(own) > 0L) list(own = lapply(own, matrix_data, whole)),
      if (length(scalars) > 0L) list(s = scalars), if (!is.null(step$note)) list(note = step$note), if (!is.null(checks)) list(checks = checks)
    )
  }
  list(step = step, names = names$all, kinds = kinds$all)
}

# Places that are shown, and those at both ends, which long sums tell.
framed <- function(all, shown, full) {
  ends <- 6L
  if (full || all <= shown + ends) seq_len(all) else unique(c(seq_len(max(shown, ends)), seq.int(all - ends + 1L, all)))
}

names_or_numbers <- function(names, places) {
  if (is.null(names)) as.character(places) else names[places]
}

# Values that are written once and referred to by their place, from 0.
new_store <- function() {
  values <- list()
  places <- new.env()
  list(
    place = function(value) {
      text <- json_text(value)
      # Names of an environment are short.
      key <- if (nchar(text, "bytes") > 200L) paste0("long ", rlang::hash(text)) else text
      place <- places[[key]]
      if (is.null(place)) {
        place <- length(values)
        values <<- c(values, list(structure(text, class = "json_written")))
        places[[key]] <- place
      }
      place
    },
    all = function() values
  )
}

# Checks of the cells shown by the engine, for pages that cannot compute their own: what is checked, and three numbers for each cell, by row.
view_checks <- function(trace, position, limits) {
  step <- unclass(trace)$steps[[position]]
  rows <- seq_len(min(nrow(step$result), limits$rows))
  columns <- seq_len(min(ncol(step$result), limits$columns))
  at <- expand.grid(j = columns, i = rows)
  checks <- lapply(seq_len(nrow(at)), function(k) trace_difference(trace, position, at$i[k], at$j[k]))
  if (any(vapply(checks, is.null, NA))) {
    return(NULL)
  }
  number <- function(field) I(vapply(checks, function(check) check[[field]], 0))
  list(what = checks[[1L]]$what, columns = length(columns), analytic = number("analytic"), numeric = number("numeric"), relative = number("relative"))
}
