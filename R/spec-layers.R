# Layers as users describe them: objects with a kind and what belongs to it, checked where they are made. What the engine makes of them is in
# spec-network.R.

#' Networks of layers of several kinds
#'
#' `hidden = c(64, 32)` is a chain of dense layers. `hidden = nn_layers(...)` describes any network that [nn_train()] can train: the layers between
#' inputs and outputs one after the other, each made by one of the functions here. The output layer is added by itself.
#'
#' | layer | what it does | parameters, and where they begin |
#' |---|---|---|
#' | `layer_dense(64)`, or just `64` | 64 weighted sums of all that comes in, through an activation | by `init`, see [nn_init()] |
#' | `layer_scale()` | a factor for each number that comes in | 1 |
#' | `layer_embedding("city", size = 4)` | each level of a factor becomes 4 numbers of its own; the others pass | normal, with variance 1 / `size` |
#' | `layer_piecewise(size = 4)` | each numeric input in bins, see [embed_piecewise()], and the bins brought to 4 numbers; the input itself passes | as above |
#' | `layer_periodic(size = 4)` | each numeric input through waves of learnt frequencies, and these brought to 4 numbers | frequencies normal with `sigma` |
#' | `layer_parametric()` | an activation with a parameter for each unit | slope 0.25; share 1 |
#' | `layer_norm()` | each row brought to mean 0 and variance 1 over its units, then to a gain and a bias for each | 1 and 0 |
#' | `layer_skip(from = 1)` | adds what an earlier layer gave | none, or weights by `init` |
#' | `layer_members(8)` | from here on 8 networks that share their weights | adapters of 1 and -1 |
#'
#' Layers are numbered from 1, the inputs are 0. Embeddings, waves and bins are of inputs: before them only others of these, `layer_scale()` and
#' `layer_members()` may stand. What they make comes behind what passes.
#'
#' @section Residuals and skips:
#' `layer_skip()` adds what came out of layer `from` to what comes in; both must have as many units (He et al. 2016). The default is the nearest layer before
#' that has as many: in `nn_layers(64, 64, layer_skip())` layer 1. With `weights = TRUE` it adds weighted sums of what layer `from` gave (default: the inputs),
#' of any number of units. `nn_layers(..., skip = TRUE)` adds weights from the inputs straight to the outputs, as `skip = TRUE` of nnet does: a linear model and the
#' network together.
#'
#' @section Members:
#' `layer_members(k)` makes k networks of one that share all weights, each with factors of its own for the numbers that come in (BatchEnsemble,
#' Wen et al. 2020). By default each has an output layer of its own (`heads`), which is TabM-mini (Gorishniy et al. 2025). The loss is the mean of
#' the members' losses, a prediction the mean of their predictions. `layer_scale(of_members = TRUE)` gives each member factors at other places, too.
#'
#' @section Learning rates of layers:
#' `lr_factor` multiplies the learning rate of a layer; 0 freezes it, which `optimizer = "lbfgs"` can do as well, but no other factor than 0 and 1.
#' `decay_factor` multiplies `penalty` and the weight decay of [opt_adamw()] for a layer; biases have neither. By default factors, slopes, gains, frequencies
#' and adapters have none.
#'
#' @section What is kept:
#' `fit$settings$architecture` is the description as typed, `fit$settings$layers` what the engine made of it, the output layer included. `fit$weights` and `fit$biases` have
#' an element for each layer, whose extent depends on its kind; [coef()][coef.nn_fit] names rows and columns.
#'
#' @param ... Layers, or whole numbers for dense layers.
#' @param skip Whether to add weights from the inputs to the outputs.
#' @param heads Whether each member has an output layer of its own; without members it means nothing.
#' @param units Units of the layer.
#' @param activation Name of an activation. Of a dense layer `NULL` is the call's `activation`; of `layer_parametric()` `NULL` is a slope below 0 that is
#'   learnt (PReLU, He et al. 2015), and a name learns the share s of that activation, x + s (f(x) - x).
#' @param bias Whether units have biases, where `bias` of [nn_train()] is `TRUE`; without that none have.
#' @param dropout,init For this layer instead of the call's `dropout` and `init`; `NULL` for these.
#' @param of_members Whether each member has factors of its own.
#' @param columns Of `layer_embedding()` names of factors among the inputs; `NULL` for all with more than two levels. Of a matrix with columns of
#'   zeros and ones a list with the names (or numbers) of the columns of each group. Of the others names of numeric inputs; `NULL` for all, except those
#'   of zeros and ones.
#' @param size How many numbers a factor or an input becomes; of `kind = "pbld"` the input itself is one of them.
#' @param bins Intervals of each input, as in [embed_piecewise()].
#' @param frequencies How many waves each input has, up to 64.
#' @param sigma Standard deviation of the frequencies at first.
#' @param kind `"pbld"`: the input itself, and weighted sums of cosines with phases (Holzmüller et al. 2024). `"plr"`: weighted sums of sines and cosines,
#'   through relu (Gorishniy et al. 2022).
#' @param from Number of the layer whose output is added; 0 for the inputs.
#' @param weights Whether the connection has weights.
#' @param k How many members, up to 256.
#' @param adapters Whether each member has factors of its own for what comes in.
#' @param lr_factor,decay_factor What learning rate and penalty are multiplied by; 0 or more.
#' @param x Layers, or one.
#' @return `nn_layers()` an object of class `nn_layers`, the others one of class `nn_layer`: lists that are printed in words.
#' @section Errors:
#' What cannot be is refused where it is made (class `backprop_error_argument`) or, where it depends on the data or on other layers, by [nn_train()] with the number of
#' the layer (class `backprop_error_layer`).
#' @references
#' Gorishniy, Y., Kotelnikov, A., & Babenko, A. (2025). TabM: Advancing tabular deep learning with parameter-efficient ensembling. *ICLR*.
#'
#' Gorishniy, Y., Rubachev, I., & Babenko, A. (2022). On embeddings for numerical features in tabular deep learning. *NeurIPS 35*.
#'
#' He, K., Zhang, X., Ren, S., & Sun, J. (2015). Delving deep into rectifiers. *ICCV*.
#'
#' He, K., Zhang, X., Ren, S., & Sun, J. (2016). Deep residual learning for image recognition. *CVPR*.
#'
#' Holzmüller, D., Grinsztajn, L., & Steinwart, I. (2024). Better by default: Strong pre-tuned MLPs and boosted trees on tabular data. *NeurIPS 37*.
#'
#' Wen, Y., Tran, D., & Ba, J. (2020). BatchEnsemble: An alternative approach to efficient ensemble and lifelong learning. *ICLR*.
#' @examples
#' nn_layers(64, layer_norm(), 32)
#'
#' # A linear model and a network together:
#' fit <- nn_train(mpg ~ wt + hp, data = mtcars, preset = "textbook",
#'                 hidden = nn_layers(4, skip = TRUE), activation = "tanh",
#'                 optimizer = "lbfgs", epochs = 100, seed = 1)
#' fit
#'
#' # Each species becomes two numbers:
#' nn_train(Sepal.Length ~ Species + Petal.Length, data = iris,
#'          preset = "textbook", epochs = 50, seed = 1,
#'          hidden = nn_layers(layer_embedding("Species", size = 2), 8))
#' @export
nn_layers <- function(..., skip = FALSE, heads = TRUE) {
  call <- quote(nn_layers())
  layers <- list(...)
  named <- ...names()
  if (any(nzchar(named), na.rm = TRUE)) {
    unknown <- named[!is.na(named) & nzchar(named)][1L]
    stop_backprop("unknown_argument", c(
      "Unknown argument {.arg {unknown}}.",
      i = "Layers have no names; besides them it takes {.arg skip} and {.arg heads}."
    ), call = call)
  }
  for (l in seq_along(layers)) {
    if (is_whole(layers[[l]], 1)) layers[[l]] <- layer_dense(layers[[l]])
    wrong <- wrong_hyperparameters(layers[[l]], "nn_layer", layer_fields)
    if (!is.null(wrong)) {
      stop_argument(
        paste0("..", l, wrong$at), if (nzchar(wrong$at)) wrong$must else "a layer, or the whole number of units of a dense one", wrong$found,
        hint = "Layers are made by `layer_dense()` and its like, see `?nn_layers`.", call = call
      )
    }
  }
  structure(
    list(layers = unname(layers), skip = check_flag(skip, "skip", call), heads = check_flag(heads, "heads", call)),
    class = "nn_layers"
  )
}

new_layer <- function(.kind, ..., lr_factor, decay_factor) {
  new_hyperparameters(
    "nn_layer", layer_fields, .kind, c(list(...), list(lr_factor = lr_factor, decay_factor = decay_factor)), call(paste0("layer_", .kind))
  )
}

#' @rdname nn_layers
#' @export
layer_dense <- function(units, activation = NULL, bias = TRUE, dropout = NULL, init = NULL, lr_factor = 1, decay_factor = 1) {
  if (missing(units)) units <- NULL
  new_layer("dense",
    units = units, activation = activation, bias = bias, dropout = dropout, init = init, lr_factor = lr_factor, decay_factor = decay_factor
  )
}

#' @rdname nn_layers
#' @export
layer_scale <- function(of_members = FALSE, lr_factor = 1, decay_factor = 0) {
  new_layer("scale", of_members = of_members, lr_factor = lr_factor, decay_factor = decay_factor)
}

#' @rdname nn_layers
#' @export
layer_embedding <- function(columns = NULL, size = 4, bias = TRUE, lr_factor = 1, decay_factor = 1) {
  new_layer("embedding", columns = columns, size = size, bias = bias, lr_factor = lr_factor, decay_factor = decay_factor)
}

#' @rdname nn_layers
#' @export
layer_piecewise <- function(columns = NULL, size = 4, bins = 8, bias = TRUE, lr_factor = 1, decay_factor = 1) {
  new_layer("piecewise", columns = columns, size = size, bins = bins, bias = bias, lr_factor = lr_factor, decay_factor = decay_factor)
}

#' @rdname nn_layers
#' @export
layer_periodic <- function(columns = NULL, frequencies = 16, size = 4, sigma = 0.1, kind = c("pbld", "plr"), lr_factor = 1, decay_factor = 0) {
  if (missing(kind)) kind <- "pbld"
  check_choice(kind, "kind", periodic_kinds, quote(layer_periodic()))
  new_layer("periodic",
    columns = columns, frequencies = frequencies, size = size, sigma = sigma, waves = kind, lr_factor = lr_factor, decay_factor = decay_factor
  )
}

#' @rdname nn_layers
#' @export
layer_parametric <- function(activation = NULL, lr_factor = 1, decay_factor = 0) {
  new_layer("parametric", activation = activation, lr_factor = lr_factor, decay_factor = decay_factor)
}

#' @rdname nn_layers
#' @export
layer_norm <- function(activation = "linear", lr_factor = 1, decay_factor = 0) {
  new_layer("norm", activation = activation, lr_factor = lr_factor, decay_factor = decay_factor)
}

#' @rdname nn_layers
#' @export
layer_skip <- function(from = NULL, weights = FALSE, activation = "linear", lr_factor = 1, decay_factor = 1) {
  new_layer("skip", from = from, weights = weights, activation = activation, lr_factor = lr_factor, decay_factor = decay_factor)
}

#' @rdname nn_layers
#' @export
layer_members <- function(k, adapters = TRUE, lr_factor = 1, decay_factor = 0) {
  if (missing(k)) k <- NULL
  new_layer("members", k = k, adapters = adapters, lr_factor = lr_factor, decay_factor = decay_factor)
}

periodic_kinds <- c("pbld", "plr")

# What the engine computes beside each other, at most.
most_waves <- 64L
most_members <- 256L

count_up_to <- function(most) {
  field(paste0("a whole number from 1 to ", most), function(x, whole) is_whole(x, 1) && x <= most)
}

factors_of_layer <- list(lr_factor = between_field(0), decay_factor = between_field(0))
layer_table <- function(...) do.call(fields, c(list(...), factors_of_layer))
inputs_field <- field("names of inputs, or `NULL`", function(x, whole) is_texts(x) && length(x) > 0L && anyDuplicated(x) == 0L, optional = TRUE)
activation_field <- function(optional = FALSE) choice_field(names(activations), optional)

is_groups <- function(x) {
  is_plain_list(x) && length(x) > 0L && all(vapply(x, function(group) length(group) > 0L && (is_texts(group) || is_whole_each(group, 1)), NA))
}

layer_fields <- list(
  dense = layer_table(
    units = whole_field(1), activation = activation_field(optional = TRUE), bias = flag_field(),
    dropout = field("a number of at least 0 and below 1, or `NULL`", function(x, whole) is_between(x, 0, 1), optional = TRUE),
    init = choice_field(names(inits), optional = TRUE)
  ),
  scale = layer_table(of_members = flag_field()),
  embedding = layer_table(
    columns = field("names of factors, a list of groups of columns, or `NULL`", function(x, whole) {
      is_groups(x) || (is_texts(x) && length(x) > 0L && anyDuplicated(x) == 0L)
    }, optional = TRUE),
    size = whole_field(1), bias = flag_field()
  ),
  piecewise = layer_table(columns = inputs_field, size = whole_field(1), bins = whole_field(1), bias = flag_field()),
  periodic = layer_table(
    columns = inputs_field, frequencies = count_up_to(most_waves), sigma = positive_field(), waves = choice_field(periodic_kinds),
    size = field(
      function(whole) paste0("a whole number from ", if (identical(whole$waves, "plr")) 1 else 2, " to ", most_waves),
      function(x, whole) is_whole(x, if (identical(whole$waves, "plr")) 1 else 2) && x <= most_waves
    )
  ),
  parametric = layer_table(activation = activation_field(optional = TRUE)),
  norm = layer_table(activation = activation_field()),
  skip = layer_table(from = whole_field(0, optional = TRUE), weights = flag_field(), activation = activation_field()),
  members = layer_table(k = count_up_to(most_members), adapters = flag_field())
)

is_layers <- function(x) inherits(x, "nn_layers")

# What is wrong with a description that may have been edited, or NULL.
wrong_layers <- function(x) {
  if (!is.list(x) || !is_layers(x)) {
    return(wrong_part("", "a list of class `nn_layers`", x))
  }
  find_wrong(unclass(x), layers_fields)
}

layers_fields <- fields(
  layers = field("a list of layers", function(x, whole) {
    each(x, function(layer) wrong_hyperparameters(layer, "nn_layer", layer_fields), "a layer")
  }),
  skip = flag_field(),
  heads = flag_field()
)

check_described <- function(x, arg = "hidden", call = training_call) {
  wrong <- wrong_layers(x)
  if (!is.null(wrong)) {
    stop_argument(paste0(arg, wrong$at), wrong$must, wrong$found, hint = "The object was edited: make it anew.", call = call)
  }
  x
}

#' @rdname nn_layers
#' @export
print.nn_layers <- function(x, ...) {
  check_described(x, "x", quote(print()))
  cat("<nn_layers>\n")
  texts <- c(vapply(x$layers, describe_layer, ""), if (x$skip) "weights from the inputs to the outputs")
  numbers <- c(as.character(seq_along(x$layers)), if (x$skip) "")
  if (length(texts) > 0L) cat(paste0(format(numbers, justify = "right"), " ", texts, "\n"), sep = "")
  invisible(x)
}

#' @rdname nn_layers
#' @export
print.nn_layer <- function(x, ...) {
  check_hyperparameters(x, "x", "nn_layer", layer_fields, quote(print()))
  cat("<nn_layer> ", describe_layer(x), "\n", sep = "")
  invisible(x)
}

# In a few words. `activation`: the call's, where the layer has none of its own.
describe_layer <- function(layer, activation = NULL) {
  of <- function(columns, all) {
    if (is.null(columns)) all else if (is.list(columns)) (if (is.null(names(columns))) count_text(length(columns), "group") else paste(names(columns), collapse = ", ")) else paste(columns, collapse = ", ")
  }
  own <- if (is.null(layer$activation)) activation else layer$activation
  through <- if (!is.null(own) && own != "linear") paste0(", ", own)
  text <- switch(layer$name,
    dense = paste0(layer$units, if (!is.null(own)) paste0(" ", own), if (!layer$bias) ", no biases"),
    scale = paste0("scale", if (layer$of_members) " of each member"),
    embedding = paste0("embedding of ", of(layer$columns, "factors"), " into ", layer$size),
    piecewise = paste0(count_text(layer$bins, "bin"), " of ", of(layer$columns, "numbers"), " into ", layer$size),
    periodic = paste0(layer$waves, " of ", of(layer$columns, "numbers"), ", ", count_text(layer$frequencies, "wave"), " into ", layer$size),
    parametric = if (is.null(layer$activation)) "prelu" else paste("parametric", layer$activation),
    norm = paste0("norm", through),
    skip = paste0("skip from ", if (is.null(layer$from)) (if (layer$weights) "inputs" else "before") else if (layer$from == 0) "inputs" else layer$from, if (layer$weights) " with weights", through),
    members = paste0(layer$k, " members", if (!layer$adapters) " without adapters")
  )
  usual <- if (layer$name %in% c("dense", "embedding", "piecewise", "skip")) 1 else 0
  apart <- c(
    if (!is.null(layer$dropout)) paste("dropout", format(layer$dropout)),
    if (layer$lr_factor == 0) "frozen" else if (layer$lr_factor != 1) paste("lr x", format(layer$lr_factor)),
    if (layer$decay_factor != usual) paste("decay x", format(layer$decay_factor))
  )
  paste0(text, if (length(apart) > 0L) paste0(" (", paste(apart, collapse = ", "), ")"))
}
