# What each field of a trace and of its steps must be (see trace.R for what they mean), and the check of both.

trace_ops <- c(
  "given", "weighted_sum", "cell", "softmax", "back", "descend_weights", "descend_biases", "gradient_weights", "gradient_biases", "engine"
)

# How many operands an operation has, and which numbers it needs besides.
operands_of_op <- list(
  weighted_sum = 2:4, softmax = 1:2, back = 2L, descend_weights = 3L, descend_biases = 2L, gradient_weights = 2:3, gradient_biases = 1L
)
numbers_of_op <- list(
  descend_weights = "lr", descend_biases = "lr", gradient_weights = c("clip", "penalty", "mixture"), gradient_biases = "clip"
)

is_numbers <- function(x) is.matrix(x) && !is.object(x) && is.numeric(x) && length(x) > 0L

# What finds a step among others.
place_fields <- fields(
  iteration = whole_field(1),
  key = text_field(),
  phase = choice_field(c("start", "forward", "backward", "update"))
)

step_fields <- fields(
  iteration = whole_field(1),
  key = text_field(),
  phase = choice_field(c("start", "forward", "backward", "update")),
  epoch = whole_field(1),
  number = field("a whole number from 0 to 12", function(x, step) is_whole(x, 0) && x <= 12),
  layer = whole_field(0),
  name = text_field(),
  op = choice_field(trace_ops),
  formula = text_field(),
  result = field("a matrix of numbers", function(x, step) is_numbers(x)),
  operands = field("a named list of the matrices that are read", function(x, step) {
    if (is_plain_list(x) && length(x) %in% setting(operands_of_op[[step$op]], length(x))) each(x, is_numbers, "a matrix of numbers", named = TRUE) else FALSE
  }),
  reads = field("for each operand what is read of its rows and columns: \"i\", \"j\", \"all\" or \"one\"", function(x, step) is_reads(x, step)),
  changed = field("`TRUE` or `FALSE` for each number of the result", function(x, step) {
    is.logical(x) && identical(dim(x), dim(step$result))
  }, optional = TRUE),
  shape = text_field(),
  note = text_field(optional = TRUE),
  values = field("a list of what the formula needs besides", function(x, step) are_values(x, step))
)

# An operand has a row (or column) for each "i" (or "j") of the result.
is_reads <- function(x, step) {
  if (!is_plain_list(x) || !setequal(names(x), names(step$operands))) {
    return(FALSE)
  }
  size <- c(i = nrow(step$result), j = ncol(step$result))
  for (name in names(x)) {
    reads <- x[[name]]
    if (!is.character(reads) || length(reads) != 2L || anyNA(match(reads, c("i", "j", "all", "one")))) {
      return(FALSE)
    }
    wanted <- size[reads]
    if (any(wanted > dim(step$operands[[name]]), na.rm = TRUE)) {
      return(FALSE)
    }
  }
  TRUE
}

are_values <- function(x, step) {
  if (!is_plain_list(x)) {
    return(FALSE)
  }
  for (name in numbers_of_op[[step$op]]) {
    if (!is_one_number(x[[name]])) {
      return(wrong_part(paste0("$", name), "a number", x[[name]]))
    }
  }
  if (step$number == 12L && step$op == "engine" && startsWith(step$key, "gradient_") && !is_one_number(x[["clipped"]])) {
    return(wrong_part("$clipped", "a number", x[["clipped"]]))
  }
  template <- x[["template"]]
  if (is.null(template)) {
    return(TRUE)
  }
  roles <- x[["roles"]]
  scalars <- x[["scalars"]]
  if (!is_text(template)) {
    return(wrong_part("$template", "a text", template))
  }
  if (!is_texts(roles) || !is_named(roles) || !all(roles %in% names(step$operands))) {
    return(wrong_part("$roles", "names of operands", roles))
  }
  if (!is.null(scalars) && !(is_plain_list(scalars) && is_named(scalars) && all(vapply(scalars, is.numeric, NA)))) {
    return(wrong_part("$scalars", "a named list of numbers", scalars))
  }
  unknown <- setdiff(template_names(template), c(names(roles), names(scalars)))
  if (length(unknown) > 0L) wrong_part("$template", "a text with placeholders for `roles` and `scalars`", template) else TRUE
}

iteration_columns <- c("iteration", "epoch", "lr", "rows", "loss", "loss_before", "loss_after")
key_names <- c("weights", "biases", "z", "a", "slope", "error", "delta")

count_layers <- function(trace) length(trace$settings$sizes) - 1L

# Weights of a training that diverged may be beyond all numbers.
ends_field <- function() {
  field("a list of `weights` and `biases`, where there are iterations", function(x, trace) {
    if (is.null(x)) nrow(trace$iterations) == 0L else walks(x, slot_fields, trace)
  })
}

trace_fields <- list(
  settings = field("a list", function(x, trace) {
    wrong <- walks(x, network_fields, trace)
    if (is.null(wrong)) walks(x, setting_fields, trace) else wrong
  }),
  network = field("what `settings` says of the network", function(x, trace) {
    identical(x, trace$settings[c("sizes", "activation", "output", "loss", "optimizer")])
  }),
  iterations = field(
    paste("a data frame with the numbers", paste0("`", iteration_columns, "`", collapse = ", ")),
    function(x, trace) is_frame(x, iteration_columns),
    classed = TRUE
  ),
  lr = positive_field(),
  loss = field("two numbers, `before` and `after`", function(x, trace) is.numeric(x) && identical(names(x), c("before", "after"))),
  names = nested(fields(
    parameters = field("for each layer the names of its parameters", function(x, trace) is.null(x) || is_plain_list(x) && length(x) == count_layers(trace), optional = TRUE),
    inputs = field("a text for each input", function(x, trace) is.character(x) && length(x) == trace$settings$sizes[1L]),
    hidden = field("a list of the names of hidden units", function(x, trace) {
      if (length(x) == count_layers(trace) - 1L) each(x, is.character, "texts") else FALSE
    }),
    outputs = field("a text for each output", function(x, trace) is.character(x) && length(x) == last_size(trace)),
    rows = field("texts", function(x, trace) is.character(x))
  )),
  keys = field("a list of the keys of all layers", function(x, trace) {
    is_plain_list(x) && setequal(names(x), key_names) && all(vapply(x, is_texts, NA, n = count_layers(trace)))
  }),
  start = ends_field(),
  end = ends_field(),
  engine = field("what the engine was told of the network", function(x, trace) is_engine(x, trace)),
  mean_weight = positive_field()
)

is_engine <- function(x, trace) {
  if (!is_plain_list(x)) {
    return(FALSE)
  }
  same <- c("sizes", "activation", "output", "loss", "loss_par", "layers", "custom")
  same <- same[same %in% names(x) | same %in% names(trace$settings)]
  identical(unname(x[same]), unname(trace$settings[same])) && is_choice(x[["precision"]], precisions) && is_whole(x[["threads"]], 1) &&
    (is.null(x[["penalty"]]) || is_between(x[["penalty"]], 0, Inf)) && (is.null(x[["mixture"]]) || is_between(x[["mixture"]], 0, 1, closed = TRUE)) &&
    (is.null(x[["dropout"]]) || is.numeric(x[["dropout"]]))
}

# Steps need not be all of them: a trace can be cut.
are_steps <- function(x, trace, of_step) {
  layers <- count_layers(trace)
  iterations <- .row_names_info(trace$iterations, 2L)
  each(x, function(step) {
    if (!is.list(step) || !inherits(step, "nn_trace_step")) {
      return(FALSE)
    }
    plain <- unclass(step)
    wrong <- find_wrong(plain, of_step)
    if (!is.null(wrong)) {
      return(wrong)
    }
    if (plain$iteration > iterations) {
      return(wrong_part("$iteration", "the number of one of the iterations", plain$iteration))
    }
    if (isTRUE(plain$layer > layers)) wrong_part("$layer", "the number of a layer", plain$layer) else NULL
  }, "a step, of class `nn_trace_step`")
}

steps_field <- function(of_step) field("a list of steps", function(x, trace) are_steps(x, trace, of_step))

whole_trace_fields <- do.call(fields, c(trace_fields, list(steps = steps_field(step_fields))))
placed_trace_fields <- do.call(fields, c(trace_fields, list(steps = steps_field(place_fields))))

# A trace that can be used. `deep` looks at every matrix too, else at what finds a step.
check_trace <- function(trace, call, arg = "trace", deep = TRUE) {
  if (!inherits(trace, "nn_trace")) {
    found <- describe_value(trace)
    stop_backprop("not_a_trace", "{.arg {arg}} must be a trace made by {.fn nn_trace}, not {found}.", call = call)
  }
  plain <- unclass(trace)
  wrong <- if (is.list(plain)) find_wrong(plain, if (deep) whole_trace_fields else placed_trace_fields) else wrong_part("", "a list", trace)
  if (!is.null(wrong)) {
    stop_edited(wrong, arg, call, "trace", "a whole trace")
  }
  invisible(trace)
}

check_trace_step <- function(step, call, arg = "x") {
  wrong <- if (is.list(step)) find_wrong(unclass(step), step_fields) else wrong_part("", "a list", step)
  if (!is.null(wrong)) {
    stop_edited(wrong, arg, call, "trace", "a whole step of a trace")
  }
  invisible(step)
}
