# From one recorded step of the engine to the article's steps 0 to 11, and 12 for what a family trains of its own: names, formulas, operands, shapes, notes.
# All numbers are the engine's; signs are turned where the article has them the other way (its errors are Y - output).

# `plan` holds what is the same for all iterations: see trace_plan().
steps_of_iteration <- function(record, iteration, plan, state_before) {
  seen <- name_record(record, plan)
  seen$decay <- record$decay
  layers <- seq_len(plan$layers)
  back <- rev(layers)
  state_before <- seen$name_state(state_before)
  error <- error_step(seen, plan)
  seen$error[[plan$layers]] <- error$result
  all <- c(
    start_steps(seen, iteration, plan),
    unlist(lapply(layers, forward_steps, seen, plan), recursive = FALSE),
    list(error),
    lapply(back, slope_step, seen, plan),
    unlist(lapply(back, delta_steps, seen, plan), recursive = FALSE),
    unlist(lapply(back, update_steps, "weights", seen, record, plan, state_before), recursive = FALSE),
    unlist(lapply(layers, update_steps, "biases", seen, record, plan, state_before), recursive = FALSE),
    if (!is.null(seen$before$ancillary)) own_steps(seen, record, plan, state_before)
  )
  lapply(all, function(step) {
    step$iteration <- iteration
    step$epoch <- record$epoch
    structure(step[trace_step_fields], class = "nn_trace_step")
  })
}

trace_step_fields <- c(
  "iteration", "epoch", "number", "layer", "key", "name", "phase", "op", "formula", "operands", "reads",
  "result", "changed", "shape", "note", "values"
)

new_step <- function(number, layer, key, name, phase, op, formula, operands, reads, result,
                     shape = NULL, note = NULL, values = list(), before = NULL) {
  if (is.null(shape)) {
    shape <- dims(result)
  }
  list(
    iteration = NULL, epoch = NULL, number = number, layer = layer, key = key, name = name, phase = phase, op = op,
    formula = paste(key, "=", formula), operands = operands, reads = reads, result = result,
    changed = if (is.null(before)) NULL else result != before,
    shape = shape, note = if (length(note) == 1L && nzchar(note)) note, values = values
  )
}

# A step computed cell by cell: its formula is its template with the operands' keys filled in.
cell_step <- function(number, layer, key, name, phase, template, operands, reads, result, scalars = list(),
                      roles = NULL, note = NULL, before = NULL) {
  all_roles <- stats::setNames(names(operands), names(operands))
  all_roles[names(roles)] <- roles
  wanted <- template_names(template)
  symbols <- stats::setNames(wanted, wanted)
  known <- intersect(wanted, names(all_roles))
  symbols[known] <- all_roles[known]
  new_step(
    number, layer, key, name, phase, "cell", fill_template(template, symbols), operands, reads, result,
    note = note, before = before,
    values = list(
      template = template, roles = all_roles[intersect(names(all_roles), wanted)],
      scalars = scalars[intersect(names(scalars), wanted)]
    )
  )
}

operand_list <- function(keys, ...) stats::setNames(list(...), keys)

dims <- function(x) paste0("(", nrow(x), " x ", ncol(x), ")")

# Keys of the article; with several hidden layers each carries its layer's number.
trace_keys <- function(layers) {
  hidden <- seq_len(layers - 1L)
  suffix <- if (layers > 2L) hidden else rep("", layers - 1L)
  key <- function(of_hidden, of_output) c(paste0(of_hidden, suffix)[hidden], of_output)
  list(
    weights = key("wh", "wout"), biases = key("bh", "bout"),
    z = key("hidden_layer_input", "output_layer_input"), a = key("hiddenlayer_activations", "output"),
    slope = key("slope_hidden_layer", "slope_output_layer"),
    error = key("Error_at_hidden_layer", "E"), delta = key("d_hiddenlayer", "d_output"),
    text = c(if (layers > 2L) paste("hidden layer", hidden) else rep("hidden layer", layers - 1L), "output layer")
  )
}

# The record with names on every matrix, in the article's signs.
name_record <- function(record, plan) {
  rows <- plan$row_names[record$rows]
  # From the layer that makes members on, each row is there once for each.
  rows_of <- function(x) {
    copies <- nrow(x) / length(rows)
    if (copies == 1) rows else paste0(rep(rows, each = copies), ".m", seq_len(copies))
  }
  named <- function(x, columns) matrix(x, nrow(x), ncol(x), dimnames = list(rows_of(x), columns))
  layers <- seq_len(plan$layers)
  parameters <- function(pair) {
    list(
      weights = lapply(layers, function(l) {
        w <- pair$weights[[l]]
        dimnames(w) <- plan$parameters[[l]][c("rows", "columns")]
        w
      }),
      biases = lapply(layers, function(l) matrix(pair$biases[[l]], 1L, dimnames = list("bias", plan$parameters[[l]]$biases))),
      # They stand beside the output layer.
      ancillary = if (length(pair$ancillary) > 0L) {
        c(vector("list", plan$layers - 1L), list(matrix(pair$ancillary, 1L, dimnames = list("family", plan$own_names))))
      }
    )
  }
  of_layers <- function(field, sign = 1) {
    lapply(layers, function(l) {
      x <- record$layers[[l]][[field]]
      if (!is.null(x)) named(if (sign < 0) 0 - x else x, plan$units[[l + 1L]])
    })
  }
  list(
    x = named(record$x, plan$units[[1L]]),
    y = named(record$y, plan$outcome_names),
    offset = if (!is.null(plan$offset)) named(plan$offset[record$rows, , drop = FALSE], plan$units[[plan$layers + 1L]]),
    case_weights = if (any(record$case_weights != 1)) matrix(record$case_weights, dimnames = list(rows, "weight")),
    z = of_layers("weighted_input"), a = of_layers("activation"), slope = of_layers("slope"),
    error = of_layers("error", -1), delta = of_layers("delta", -1),
    before = parameters(record$before), gradient = parameters(record$gradient), after = parameters(record$after),
    state = lapply(record$optimizer_state$slots, parameters),
    name_state = function(slots) lapply(slots, parameters)
  )
}

start_steps <- function(seen, iteration, plan) {
  given <- function(number, layer, key, name, result, note = NULL) {
    step <- new_step(
      number, layer, key, name, "start", "given", "as given", list(), list(), result, note = note
    )
    if (iteration > 1L && number == 1L) {
      step$formula <- paste(key, "= as iteration", iteration - 1L, "left it")
    } else if (number == 1L) {
      step$formula <- paste(key, "= the start")
    }
    step
  }
  keys <- plan$keys
  batch <- if (plan$batches) {
    paste0("A mini-batch: ", nrow(seen$x), " of ", plan$rows, " rows.")
  }
  scaled <- if (plan$scaled_x) {
    "Inputs are standardised: the network sees them centred and divided by their standard deviation."
  }
  scaled_y <- if (plan$scaled_y) "The outcome is standardised."
  parameters <- lapply(seq_len(plan$layers), function(l) {
    w <- seen$before$weights[[l]]
    b <- seen$before$biases[[l]]
    frozen <- if (lr_factor_in(l, plan) == 0) "The layer is frozen."
    c(
      if (length(w) > 0L) list(given(1L, l, keys$weights[l], paste("Weights of the", keys$text[l]), w, frozen)),
      if (length(b) > 0L) list(given(1L, l, keys$biases[l], paste("Biases of the", keys$text[l]), b, frozen))
    )
  })
  c(
    list(
      given(0L, 0L, "X", "Inputs", seen$x, paste(c(batch, scaled), collapse = " ")),
      given(0L, plan$layers, "Y", "Outcome", seen$y, scaled_y)
    ),
    if (!is.null(seen$case_weights)) list(given(0L, 0L, "case_weights", "Case weights", seen$case_weights)),
    if (!is.null(seen$offset)) list(given(0L, plan$layers, "offset", "Offset", seen$offset)),
    unlist(parameters, recursive = FALSE),
    if (!is.null(seen$before$ancillary)) {
      name <- paste0("The family's own: ", own_texts[[plan$loss]])
      list(given(1L, plan$layers, plan$keys$ancillary[plan$layers], name, own_of(seen, plan), paste0(plan$keys$ancillary[plan$layers], " is trained too.")))
    }
  )
}

own_of <- function(seen, plan) seen$before$ancillary[[plan$layers]]
