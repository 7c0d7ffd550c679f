# Steps of layers that are not dense: what can be told cell by cell has a template; of the rest the engine's numbers stand with words.

# The layer of a trace as the engine was told of it.
kind_in <- function(l, plan) plan$described[[l]]$kind

# Where a layer's numbers come from a kind of its own, or rows are copied for members, whose sums no table of one row per row tells.
is_dense_in <- function(l, plan) kind_in(l, plan) == "dense"

# What a layer of a kind computes of what comes in: a template for cells, or words.
kind_forward <- list(
  scale = list(template = "{input} * {weights}"),
  parametric = list(template = "if({input} > 0, {input}, {weights} * {input})", words = "%s + %s * (f(%s) - %s)"),
  norm = list(words = "gain * (input - mean) / sqrt(variance + 1e-5) + bias, with mean and variance of the row"),
  members = list(words = "each row once for each member, times the member's adapters"),
  embedding = list(words = "columns that pass; of each group its columns %*% its weights + bias"),
  periodic = list(words = "columns that pass; of each other one sums of its waves, times weights, + bias"),
  skip = list(template = "{input} + {skipped}", words = "input + skipped %*% weights"),
  heads = list(words = "input %*% the member's own weights + the member's own biases")
)

# Step 2 (4 for the output) of such a layer.
kind_step <- function(l, seen, plan) {
  keys <- plan$keys
  layer <- plan$described[[l]]
  input <- layer_input(l, seen, plan)
  last <- l == plan$layers
  number <- if (last) 4L else 2L
  name <- paste0(if (last) "Output layer: " else "Layer: ", layer_kind_names[[layer$kind]])
  known <- kind_forward[[layer$kind]]
  w <- seen$before$weights[[l]]
  operands <- operand_list(input$key, input$value)
  roles <- c(input = input$key)
  if (layer$kind == "skip") {
    skipped <- skipped_from(layer$from, seen, plan)
    if (skipped$key != input$key) operands[[skipped$key]] <- skipped$value
    roles[["skipped"]] <- skipped$key
  }
  by_cell <- !is.null(known$template) && !(layer$kind == "skip" && layer$weights) && !(layer$kind == "scale" && layer$of_members) &&
    is.null(layer$curve) && (!last || is.null(seen$offset)) && all(vapply(operands, nrow, 0L) == nrow(seen$z[[l]]))
  reads <- lapply(operands, function(operand) c("i", "j"))
  if (length(w) > 0L) {
    operands[[keys$weights[l]]] <- w
    reads[[keys$weights[l]]] <- c("one", "j")
    roles[["weights"]] <- keys$weights[l]
  }
  if (by_cell) {
    return(cell_step(number, l, keys$z[l], name, "forward", known$template, operands, reads, seen$z[[l]], roles = roles))
  }
  b <- seen$before$biases[[l]]
  if (length(b) > 0L) operands[[keys$biases[l]]] <- b
  if (last && !is.null(seen$offset)) operands$offset <- seen$offset
  words <- if (is.null(layer$curve)) known$words else paste0("input + share * (", layer$curve, "(input) - input)")
  new_step(
    number, l, keys$z[l], name, "forward", "engine", paste0(words, if (last && !is.null(seen$offset)) " + offset"),
    operands, reads_of_rows(operands, seen$z[[l]]), seen$z[[l]],
    note = "As the engine computed it."
  )
}

# Of operands with as many rows as the result the same row, of others all that there is.
reads_of_rows <- function(operands, result) lapply(operands, function(operand) c(if (nrow(operand) == nrow(result)) "i" else "all", "all"))

skipped_from <- function(from, seen, plan) {
  if (from == 0L) list(key = "X", value = seen$x) else list(key = plan$keys$a[from], value = seen$a[[from]])
}

# The layers whose skips bring what layer `l` gives.
skips_of <- function(l, plan) which(vapply(plan$described, function(layer) layer$kind == "skip" && layer$from == l, NA))

# Whether what comes back to layer `l` comes from the dense layer behind it alone.
comes_back_dense <- function(l, plan) is_dense_in(l + 1L, plan) && length(skips_of(l, plan)) == 0L

# Step 8 of a layer that other kinds take from.
kind_back_step <- function(l, seen, plan) {
  keys <- plan$keys
  from <- unique(c(l + 1L, skips_of(l, plan)))
  operands <- stats::setNames(seen$delta[from], keys$delta[from])
  for (other in from) {
    w <- seen$before$weights[[other]]
    if (length(w) > 0L) operands[[keys$weights[other]]] <- w
  }
  through <- vapply(from, function(other) paste0(keys$delta[other], " through the ", layer_kind_names[[kind_in(other, plan)]]), "")
  new_step(
    8L, l, keys$error[l], paste("Error at the", keys$text[l]), "backward", "engine", paste(through, collapse = ", and "),
    operands, reads_of_rows(operands, seen$error[[l]]), seen$error[[l]],
    note = "Minus the derivative of the loss by what the layer gives, as the engine computed it."
  )
}

# Errors and deltas at the output where each row has several members: Y has a row for all of them.
members_step <- function(number, key, name, seen, plan, result) {
  output <- seen$a[[plan$layers]]
  operands <- list(Y = seen$y, output = output)
  new_step(
    number, plan$layers, key, name, "backward", "engine", "minus the derivative of the mean of the members' losses", operands,
    reads_of_rows(operands, result), result,
    note = paste0("As the engine computed it: rows of ", plan$copies, " members, whose losses count 1 / ", plan$copies, " each.")
  )
}

# Steps 10 and 11 of a layer whose gradient no sum of products tells: it is the engine's, and then the optimizer's rule.
kind_update_steps <- function(l, kind, seen, record, plan, state_before) {
  update <- gather_update(l, kind, seen, record, plan, state_before)
  input <- layer_input(l, seen, plan)
  operands <- operand_list(c(input$key, plan$keys$delta[l]), input$value, seen$delta[[l]])
  number <- if (kind == "weights") 10L else 11L
  clip <- clipping(seen, plan)
  penalty <- if (kind == "weights") plan$penalty * decay_factor_in(l, plan) else 0
  gradient <- new_step(
    number, l, update$keys[["gradient"]], paste("Gradient of the loss by the", update$where), "update", "engine",
    paste0("derivative of the loss by ", update$keys[["w"]], if (penalty > 0) " + penalty", if (clip < 1) ", clipped"),
    operands, lapply(operands, function(operand) c("all", "all")), update$gradient,
    note = paste0("As the engine computed it, of the ", layer_kind_names[[kind_in(l, plan)]], "."),
    values = if (penalty == 0) list(clipped = clip) else list()
  )
  c(list(gradient), lapply(update$slots, slot_step, update), list(rule_step(kind, update)))
}

lr_factor_in <- function(l, plan) setting(plan$described[[l]]$lr_factor, 1)
decay_factor_in <- function(l, plan) setting(plan$described[[l]]$decay_factor, 1)

layer_kind_names <- c(
  dense = "dense layer", scale = "scale", embedding = "embedding", periodic = "periodic embedding", parametric = "parametric activation",
  norm = "layer normalisation", skip = "skip connection", members = "members", heads = "heads"
)
