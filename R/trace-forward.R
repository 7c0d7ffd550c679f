# Steps 2 to 4: the forward pass, layer by layer.

# What the layer reads: X, or the activations of the layer before.
layer_input <- function(l, seen, plan) {
  if (l == 1L) list(key = "X", value = seen$x) else list(key = plan$keys$a[l - 1L], value = seen$a[[l - 1L]])
}

forward_steps <- function(l, seen, plan) {
  keys <- plan$keys
  input <- layer_input(l, seen, plan)
  w <- seen$before$weights[[l]]
  b <- seen$before$biases[[l]]
  last <- l == plan$layers
  fun <- plan$functions[l]
  value <- trace_functions[[fun]]$value
  offset <- if (last) list(offset = seen$offset)[!is.null(seen$offset)]
  from <- c(input$key, keys$weights[l])
  bias <- operand_list(keys$biases[l], b)[length(b) > 0L]
  weighted <- if (!is_dense_in(l, plan) || (plan$copies > 1L && length(offset) > 0L)) {
    kind_step(l, seen, plan)
  } else {
    new_step(
      if (last) 4L else 2L, l, keys$z[l], paste("Weighted input of the", keys$text[l]), "forward", "weighted_sum",
      paste(c(paste(from[1L], "%*%", from[2L]), names(bias), names(offset)), collapse = " + "),
      c(operand_list(from, input$value, w), bias, offset),
      c(
        operand_list(from, c("i", "all"), c("all", "j")), lapply(bias, function(operand) c("one", "j")),
        lapply(offset, function(operand) c("i", "j"))
      ),
      seen$z[[l]],
      shape = paste0(dims(input$value), " %*% ", dims(w), if (length(bias) > 0L) paste(" +", dims(b)), " = ", dims(seen$z[[l]]))
    )
  }
  mask <- dropout_mask(l, seen, plan)
  activated <- new_step(
    if (last) 4L else 3L, l, keys$a[l],
    if (last) "Output of the network" else paste("Activations of the", keys$text[l]),
    "forward", if (fun == "softmax") "softmax" else "cell",
    paste0(fun, "(", keys$z[l], ")", if (!is.null(mask)) paste(" *", mask$key)),
    c(operand_list(keys$z[l], seen$z[[l]]), if (!is.null(mask)) operand_list(mask$key, mask$result)),
    c(
      operand_list(keys$z[l], if (fun == "softmax") c("i", "all") else c("i", "j")),
      if (!is.null(mask)) operand_list(mask$key, c("i", "j"))
    ),
    seen$a[[l]],
    note = if (fun == "softmax") {
      "softmax(z) = exp(z) / sum(exp(z)), row by row"
    } else if (!is.null(value) && !startsWith(value, paste0(fun, "("))) {
      paste0(fun, "(z) = ", fill_template(value, c(z = "z")))
    },
    values = list(
      template = if (is.null(mask) || is.null(value)) value else paste0("(", value, ") * {dropout}"),
      roles = c(z = keys$z[l], dropout = mask$key)
    )
  )
  c(list(weighted), if (!is.null(mask)) list(mask), list(activated))
}

# The factors by which a hidden layer's activations were multiplied: 0 for dropped units. NULL without dropout.
dropout_mask <- function(l, seen, plan) {
  if (l == plan$layers || plan$dropout[l] == 0) {
    return(NULL)
  }
  # A unit with both at 0 is dropped, or as good as.
  kept <- seen$a[[l]] != 0 | seen$slope[[l]] != 0
  rate <- plan$dropout[l]
  key <- paste0("dropout", sub("hiddenlayer_activations", "", plan$keys$a[l]))
  new_step(
    3L, l, key, paste("Dropout of the", plan$keys$text[l]), "forward", "given", "as drawn", list(), list(),
    kept / (1 - rate),
    note = paste0("Units are dropped with probability ", format(rate), "; the others are divided by ", format(1 - rate), ".")
  )
}
