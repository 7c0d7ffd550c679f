# What each field of a fit must be, by what needs it: predictions; everything else that a fit answers to; weights of earlier epochs; training that goes on.
# The check that walks the tables is validate_fit() in fit.R; the blueprint's tables are in fit-blueprint.R.

# Settings that say what the network is.
network_fields <- fields(
  sizes = field("whole numbers, 1 or more, for at least two layers", function(x, fit) length(x) > 1L && is_whole_each(x, 1)),
  layers = field("a list that describes each layer, as the engine takes it", function(x, fit) are_known_layers(x, fit$settings$sizes), optional = TRUE),
  activation = field(
    function(fit) paste0("the names of activations, one for each hidden layer (", length(fit$settings$sizes) - 2L, ")"),
    function(x, fit) {
      is.character(x) && length(x) == length(fit$settings$sizes) - 2L && !anyNA(match(x, c(names(activations), own_activations(fit$settings$custom))))
    }
  ),
  output = choice_field(names(outputs)),
  loss = field(
    function(fit) paste0("the name of a loss that goes with the output \"", fit$settings$output, "\""),
    function(x, fit) is_choice(x, names(all_losses)) && !is.na(match(fit$settings$output, all_losses[[x]]$outputs))
  ),
  loss_par = field(
    function(fit) paste0("the parameter of the loss \"", fit$settings$loss, "\""),
    function(x, fit) if (fit$settings$loss == "custom") no_parameter$test[[1L]](x) else loss_fields[[fit$settings$loss]]$test[[1L]](x)
  ),
  custom = field("the functions of `activation` and `loss` that are no names", function(x, fit) is_custom(x, fit$settings)),
  precision = choice_field(precisions),
  offset = flag_field()
)

# Looked at once: predictions one after the other are most often of one model.
are_known_layers <- function(layers, sizes) identical(list(sizes, layers), session$shapes$key) || are_engine_layers(layers, sizes)

# All the others, in fits and in traces.
setting_fields <- fields(
  hidden = field(
    function(fit) "the sizes of the dense layers between the first and the last",
    function(x, fit) {
      dense <- if (is.null(fit$settings[["layers"]])) seq_len(length(fit$settings$sizes) - 2L) else hidden_dense(fit$settings[["layers"]])
      is.numeric(x) && length(x) == length(dense) && all(x == fit$settings$sizes[dense + 1L])
    }
  ),
  bias = field("`TRUE` or `FALSE`", function(x, fit) is_flag(x), optional = TRUE),
  architecture = field("a description by `nn_layers()` of the layers that there are", function(x, fit) {
    answer <- wrong_layers(x)
    if (is.null(answer) && length(x$layers) + 1L + x$skip != length(fit$settings[["layers"]])) FALSE else answer
  }, optional = TRUE, classed = TRUE),
  epochs = whole_field(0),
  lr = positive_field(),
  optimizer = hyperparameters_field("nn_optimizer", optimizer_fields),
  batch_size = whole_field(1),
  shuffle = field("`TRUE`, `FALSE` or \"shards\"", function(x, fit) is_flag(x) || identical(x, "shards")),
  lr_schedule = hyperparameters_field("nn_schedule", schedule_fields),
  decay_schedule = hyperparameters_field("nn_schedule", schedule_fields, optional = TRUE),
  dropout_schedule = hyperparameters_field("nn_schedule", schedule_fields, optional = TRUE),
  stop_metric = field("the name of a measure", function(x, fit) is_choice(x, names(stop_metrics)), optional = TRUE),
  init = field("names of initialisations", function(x, fit) {
    is_inits(x) && length(x) %in% c(1L, length(fit$settings$hidden) + 1L)
  }, optional = TRUE),
  layer_init = field("the name of an initialisation for each layer", function(x, fit) is_inits(x) && length(x) == length(fit$settings$sizes) - 1L),
  standardize = field("`TRUE`, `FALSE` or the name of a method to standardise by", function(x, fit) is_flag(x) || is_choice(x, standardizings)),
  rare_levels = whole_field(0, optional = TRUE),
  outcome_transform = choice_field(outcome_transforms, optional = TRUE),
  clip_predictions = field("`TRUE` or `FALSE`", function(x, fit) is_flag(x), optional = TRUE),
  embed = hyperparameters_field("nn_embedding", embedding_fields, optional = TRUE),
  penalty = between_field(0),
  mixture = between_field(0, 1, closed = TRUE),
  dropout = field("a number, or one for each hidden layer, of at least 0 and below 1", function(x, fit) {
    is.numeric(x) && length(x) %in% c(1L, length(fit$settings$hidden)) && !anyNA(x) && all(x >= 0 & x < 1)
  }),
  clip_norm = positive_field(optional = TRUE),
  validation = field("a proportion, \"given\" or \"out_of_bag\"", function(x, fit) is_choice(x, c("given", "out_of_bag")) || (is_positive(x) && x < 1), optional = TRUE),
  bootstrap = field("`TRUE` or `FALSE`", function(x, fit) is_flag(x), optional = TRUE),
  stop_iter = whole_field(1, optional = TRUE),
  tol = between_field(0),
  case_weights = flag_field(),
  class_weights = field("\"balanced\", or a number of at least 0 for each class", function(x, fit) {
    identical(x, "balanced") || (is.numeric(x) && length(x) > 1L && all(is.finite(x)) && all(x >= 0))
  }, optional = TRUE),
  na_action = choice_field(na_actions),
  threads = whole_field(1),
  seed = whole_field(),
  split_seed = whole_field(),
  keep = choice_field(keeps),
  keep_weights = whole_field(1, optional = TRUE)
)

is_inits <- function(x) is.character(x) && !anyNA(match(x, names(inits)))

# Of each column numbers that ascend, or NULL.
is_ascending_each <- function(x, n) is_plain_list(x) && length(x) == n && all(vapply(x, function(part) {
  is.null(part) || (is.double(part) && all(is.finite(part)) && !is.unsorted(part, strictly = TRUE))
}, NA))

ascending_field <- field("a list with ascending numbers, or `NULL`, for each input", function(x, fit) is_ascending_each(x, fit$inputs$n), optional = TRUE)

encoding_fields <- fields(
  clipped = field("`TRUE` or `FALSE` for each input", function(x, fit) is.logical(x) && length(x) == fit$inputs$n && !anyNA(x), optional = TRUE),
  knots = ascending_field,
  scores = field("as many numbers as `knots` for each input", function(x, fit) {
    is_ascending_each(x, fit$inputs$n) && identical(lengths(x), lengths(fit$inputs$encoding$knots))
  }, optional = TRUE),
  edges = ascending_field
)

input_fields <- fields(
  n = field(
    function(fit) paste0(fit$settings$sizes[1L] - encoded_width(0L, fit$inputs$encoding), ", for the first layer has ", fit$settings$sizes[1L], " inputs"),
    function(x, fit) is_whole(x, 1) && encoded_width(x, fit$inputs[["encoding"]]) == fit$settings$sizes[1L]
  ),
  names = field("a text for each input", function(x, fit) is.character(x) && length(x) == fit$inputs$n, optional = TRUE),
  center = field("a finite number for each input", function(x, fit) is_center(x, fit$inputs$n), optional = TRUE),
  # Inf is the scale of an input that did not vary in training.
  scale = field("a positive number for each input where `center` is one", function(x, fit) {
    if (is.null(fit$inputs$center)) is.null(x) else is.double(x) && length(x) == fit$inputs$n && !anyNA(x) && all(x > 0)
  }),
  encoding = nested(encoding_fields, optional = TRUE)
)

outcome_fields <- fields(
  kind = choice_field(c("numeric", "logical", "factor", "survival", "counts")),
  k = field(
    function(fit) paste0("a whole number that goes with outputs: ", last_size(fit)),
    function(x, fit) {
      settings <- fit$settings
      outputs <- last_size(fit)
      if (!is_whole(x, 1)) {
        FALSE
      } else {
        columns <- switch(all_losses[[settings$loss]]$needs, single = 1, survival = 2, ordered = settings$loss_par, x)
        x == columns && outputs == count_outputs(list(kind = fit$outcome$kind, k = x), settings)
      }
    }
  ),
  levels = field("the different levels of the outcome, where it is a factor", function(x, fit) {
    if (fit$outcome$kind == "factor") is_texts(x, fit$outcome$k) && length(x) > 1L && anyDuplicated(x) == 0L else is.null(x)
  }),
  names = field("a text for each column of the outcome", function(x, fit) is.character(x) && length(x) == fit$outcome$k, optional = TRUE),
  center = field("a finite number for each column of the outcome", function(x, fit) is_center(x, fit$outcome$k), optional = TRUE),
  scale = field("a positive, finite number for each column of the outcome where `center` is one", function(x, fit) {
    if (is.null(fit$outcome$center)) is.null(x) else is_center(x, fit$outcome$k) && all(x > 0)
  }),
  transform = nested(fields(
    name = choice_field("log"),
    shift = field("a number for each column of the outcome", function(x, fit) is_center(x, fit$outcome$k)),
    factor = field("a positive number for each column of the outcome", function(x, fit) is_center(x, fit$outcome$k) && all(x > 0))
  ), optional = TRUE),
  limits = nested(fields(
    lower = field("a number for each output", function(x, fit) is_center(x, last_size(fit))),
    upper = field("a number for each output", function(x, fit) is_center(x, last_size(fit)))
  ), optional = TRUE)
)

is_center <- function(x, n) is.double(x) && length(x) == n && all(is.finite(x))

last_size <- function(fit) fit$settings$sizes[length(fit$settings$sizes)]

# Weights and biases in the shapes of the sizes.

weights_field <- function(...) field(for_each_layer("matrix"), function(x, fit) is_weights(x, fit$settings, ...))

biases_field <- function(...) field(for_each_layer("vector"), function(x, fit) is_biases(x, fit$settings, ...))

for_each_layer <- function(what) function(fit) paste0("a list of a ", what, " for each layer (", length(fit$settings$sizes) - 1L, ")")

is_weights <- function(x, settings, finite = TRUE) {
  if (!is_plain_list(x) || length(x) != length(settings$sizes) - 1L) {
    return(FALSE)
  }
  shapes <- layer_shapes(settings)
  rows <- shapes$rows
  columns <- shapes$columns
  for (l in seq_along(x)) {
    w <- x[[l]]
    if (!is.double(w) || is.object(w) || !is_shape(dim(w), rows[l], columns[l]) || (finite && !all(is.finite(w)))) {
      return(wrong_part(paste0("[[", l, "]]"), paste0("a ", rows[l], " x ", columns[l], " matrix of ", if (finite) "finite ", "numbers"), w))
    }
  }
  TRUE
}

is_shape <- function(dim, rows, columns) length(dim) == 2L && dim[1L] == rows && dim[2L] == columns

is_biases <- function(x, settings, finite = TRUE) {
  if (!is_plain_list(x) || length(x) != length(settings$sizes) - 1L) {
    return(FALSE)
  }
  wanted <- layer_shapes(settings)$biases
  for (l in seq_along(x)) {
    b <- x[[l]]
    if (!is.double(b) || is.object(b) || length(b) != wanted[l] || (finite && !all(is.finite(b)))) {
      return(wrong_part(paste0("[[", l, "]]"), paste(wanted[l], if (finite) "finite", "numbers"), b))
    }
  }
  TRUE
}

# The parameters of the family itself: none for most, and in older fits.
ancillary_field <- function(finite = TRUE) {
  field("the family's own parameters", function(x, fit) {
    is.double(x) && length(x) == count_own(fit$settings) && (!finite || all(is.finite(x)))
  }, optional = TRUE)
}

# How many parameters of its own a family has.
count_own <- function(settings) {
  family <- family_of_settings(settings)
  if (is.null(family)) 0 else family$count_own(settings$sizes[length(settings$sizes)], settings$loss_par)
}

# `list(weights =, biases =)`.
coefficient_fields <- fields(weights = weights_field(), biases = biases_field(), ancillary = ancillary_field())

# What an optimizer keeps, of which some may have grown beyond all numbers.
slot_fields <- fields(weights = weights_field(finite = FALSE), biases = biases_field(finite = FALSE), ancillary = ancillary_field(finite = FALSE))

state_fields <- fields(
  format = whole_field(1),
  steps = between_field(0),
  slots = field("a list", function(x, fit) each(x, function(slot) walks(slot, slot_fields, fit), "a list of weights and biases")),
  plateau = field("three numbers", function(x, fit) is.double(x) && length(x) == 3L && !anyNA(x))
)

best_fields <- fields(epoch = whole_field(0), loss = number_field())

# The cumulative hazard of a Cox model at the times of events.
baseline_fields <- fields(
  time = field("ascending numbers of at least 0", function(x, fit) is.double(x) && all(is.finite(x)) && all(x >= 0) && !is.unsorted(x, strictly = TRUE)),
  hazard = field("an ascending number for each of `time`", function(x, fit) {
    is.double(x) && length(x) == length(fit$baseline$time) && !anyNA(x) && !is.unsorted(x) && all(x >= 0)
  })
)

# Weights only where they are not those of the fit.
best_weights_fields <- fields(
  weights = field(for_each_layer("matrix"), function(x, fit) is_weights(x, fit$settings), optional = TRUE),
  biases = field(for_each_layer("vector"), function(x, fit) {
    if (is.null(fit$best[["weights"]])) is.null(x) else is_biases(x, fit$settings)
  }),
  ancillary = ancillary_field()
)

snapshot_fields <- fields(epoch = whole_field(0), weights = weights_field(), biases = biases_field(), ancillary = ancillary_field())

history_columns <- c("epoch", "loss", "validation_loss", "lr")

# A data frame whose columns are what it says, of one length.
is_frame <- function(x, numbers) {
  columns <- unclass(x)
  if (!inherits(x, "data.frame") || !is.list(columns) || !all(numbers %in% names(columns)) || anyDuplicated(names(columns)) > 0L) {
    return(FALSE)
  }
  n <- .row_names_info(x, 2L)
  for (column in columns) {
    if (!is.atomic(column) || length(column) != n) {
      return(FALSE)
    }
  }
  for (name in numbers) {
    if (!is.numeric(columns[[name]])) {
      return(FALSE)
    }
  }
  TRUE
}

# What predictions need: what the network and its data are, and its numbers.
description_fields <- fields(
  settings = nested(network_fields),
  interface = choice_field(c("matrix", "data.frame", "formula", "recipe")),
  outcome = nested(outcome_fields),
  inputs = nested(input_fields),
  blueprint = field("what training recorded of its data", function(x, fit) is_blueprint(x, fit)),
  calibration = calibration_field
)

# What else a fit tells of.
record_fields <- fields(
  settings = nested(setting_fields),
  history = field(
    paste("a data frame with the numbers", paste0("`", history_columns, "`", collapse = ", ")),
    function(x, fit) is_frame(x, c(history_columns, intersect(c("validation_metric", "accuracy", "validation_accuracy"), names(x)))),
    classed = TRUE
  ),
  status = choice_field(c("completed", "interrupted", "diverged", "stopped", "converged", "checkpoint", "out_of_time")),
  epochs_done = whole_field(0),
  rows = whole_field(1),
  rows_given = whole_field(1),
  omitted = field("numbers of rows", function(x, fit) is_whole_each(x, 1), optional = TRUE),
  total_weight = field("a positive number", function(x, fit) is_one_number(x) && !is.na(x) && x > 0),
  validation_rows = field("numbers of rows", function(x, fit) is_whole_each(x, 1)),
  validation_count = whole_field(0),
  final_loss = number_field(),
  final_objective = number_field(),
  final_validation_loss = number_field(),
  best = nested(best_fields, optional = TRUE),
  baseline = nested(baseline_fields, optional = TRUE),
  seed = whole_field(),
  data = field("the data of training", function(x, fit) is_kept_data(x, fit$interface), optional = TRUE),
  restarts = field("a data frame of the starts", function(x, fit) is_frame(x, c("seed", "loss", "validation_loss")), optional = TRUE, classed = TRUE),
  call = field("a call", function(x, fit) is.call(x), optional = TRUE),
  imported = text_field(optional = TRUE),
  version = text_field()
)

snapshots_fields <- fields(
  snapshots = field("a list", function(x, fit) {
    each(x, function(snapshot) walks(snapshot, snapshot_fields, fit), "a list of an epoch, weights and biases")
  }, optional = TRUE),
  start = nested(fields(epoch = whole_field(0), weights = weights_field(), biases = biases_field()), optional = TRUE)
)

# What training that goes on needs.
training_fields <- fields(
  optimizer_state = nested(state_fields),
  last = nested(fields(weights = weights_field(), biases = biases_field(), ancillary = ancillary_field(), optimizer_state = nested(state_fields)), optional = TRUE),
  best = nested(best_weights_fields, optional = TRUE)
)

fit_fields <- list(
  description = description_fields, weights = coefficient_fields, record = record_fields, snapshots = snapshots_fields, training = training_fields
)

# What an ensemble is besides: its networks are fits, each with the ensemble's own record of the data.
ensemble_fields <- fields(
  members = field("a list with a network for each element", function(x, fit) is_plain_list(x) && length(x) > 0L && all(vapply(x, is_plain_list, NA))),
  shares = field("numbers of at least 0 that sum to 1, one for each network", function(x, fit) {
    is.double(x) && length(x) == length(fit$members) && all(is.finite(x)) && all(x >= 0) && abs(sum(x) - 1) < 1e-8
  }),
  kinds = field("the name of a kind for each network", function(x, fit) is_texts(x, length(fit$members))),
  numbers = field("a whole number for each network", function(x, fit) length(x) == length(fit$members) && is_whole_each(x, 1)),
  calibration = calibration_field
)

# The values themselves are read as those that are given.
is_kept_data <- function(x, interface) {
  is_plain_list(x) && is_named(x) &&
    (if (has_one_table(interface)) is.data.frame(x[["data"]]) else !is.null(x[["X"]]) && !is.null(x[["Y"]])) &&
    (is.null(x[["case_weights"]]) || (is.numeric(x[["case_weights"]]) && all(is.finite(x[["case_weights"]])) && all(x[["case_weights"]] >= 0)))
}
