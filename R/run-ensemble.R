# Training an ensemble: networks of one or several kinds, each judged by rows of its own, whose predictions are averaged.

# Arguments that one network alone can have. Where one is typed, a preset trains one network; with `ensemble` typed too they are refused.
single_arguments <- c("restarts", "checkpoint", "keep_weights", "cluster")

check_ensemble <- function(ensemble, settings) {
  ensemble <- check_count(ensemble, "ensemble")
  check_averages(settings, ensemble)
  check_bootstrap(settings, ensemble)
  if (!is.null(settings$blend) && !(length(settings$blend) == 0L && is.character(settings$blend))) {
    check_choices(settings$blend, "blend", names(blends))
    if (!is.numeric(settings$validation) && !settings$bootstrap) {
      stop_incompatible(
        "{.arg blend} is judged by rows that networks hold back, and there are none.",
        "Give a share of the rows: {.code validation = 0.15}; or {.code bootstrap = TRUE}, whose networks each leave some rows out."
      )
    }
  }
  if (ensemble == 1L && length(settings$blend) == 0L) {
    return(ensemble)
  }
  given <- c(
    restarts = !(is_whole(settings$restarts) && settings$restarts == 1), checkpoint = !is.null(settings$checkpoint),
    keep_weights = !is.null(settings$keep_weights), cluster = !is.null(settings$cluster), start = !is.null(settings$start) && !inherits(settings$start, "nn_ensemble")
  )
  wrong <- names(given)[given]
  if (length(wrong) > 0L) {
    wrong <- wrong[1L]
    several <- if (ensemble > 1L) "`ensemble` above 1" else "`blend`"
    stop_incompatible(
      "{several} and {.arg {wrong}} do not go together.",
      "{.code ensemble = 1} without {.arg blend} trains one network.",
      wrong = wrong, several = several
    )
  }
  check_room(
    40 * as.double(ensemble), paste("A table of", count_text(ensemble, "network")),
    "Use a smaller `ensemble`: each network is a training of its own.", training_call
  )
  ensemble
}

# Networks of some families give no predictions whose mean is one.
check_averages <- function(settings, ensemble) {
  family <- settings$resolved_family
  if (is.null(family) || family$averages || (ensemble == 1L && length(settings$blend) == 0L && !settings$bootstrap)) {
    return(invisible())
  }
  several <- if (settings$bootstrap) c("ensemble", "blend", "bootstrap") else c("ensemble", "blend")
  stop_incompatible(
    "Networks of the family {.val {name}} are not averaged.", "Leave {.arg {several}} out.", name = family$family, several = several
  )
}

check_same_networks <- function(members, earlier) {
  then <- if (is_ensemble(earlier)) earlier$settings$ensemble
  if (!is.null(then) && members != then) {
    stop_backprop("start", c(
      "{.arg start} has {then} network{?s} of a kind, and {.arg ensemble} says {members}.",
      i = "Leave {.arg ensemble} out: all its networks go on."
    ))
  }
}

# Adds to a plan of plan_rows(): `train`, the places of all rows that take part, and `dealt`, for each network the places among these of the rows that
# it does not train on and that judge it, or tell how well it predicts (none where no share is held back, and nothing drawn); under `bootstrap` also
# `drawn`, for each the places of those that train it, as often as they were drawn. `aside` are those of which nothing is learnt.
deal_rows <- function(plan, given, settings, typed, earlier, members) {
  plan$train <- plan$used
  plan$settings <- settings
  if (is.null(settings$seed)) plan$settings$seed <- sample.int(.Machine$integer.max, 1L)
  # Of an earlier training some may have been left out.
  plan$numbers <- if (is.null(earlier)) seq_len(members) else unique(earlier$numbers)
  plan$dealt <- rep(list(integer()), members)
  rows <- if (is.null(plan$used)) seq_len(given$kept) else plan$used
  n <- length(rows)
  seed <- split_seed(check_seed(plan$settings$seed), typed, earlier)
  if (!is.null(plan$share)) {
    codes <- outcome_codes(given$outcome)
    check_room_for_split(given)
    plan$dealt <- lapply(plan$numbers, function(number) rows_of_member(given, rows, codes, plan$share, seed, number))
  }
  # What is learnt of inputs and outcome is learnt from the rows of the first network, which so is the one that would be trained alone. Of rows that
  # are drawn each trains some of the networks.
  plan$aside <- plan$dealt[[1L]]
  plan$learn <- if (length(plan$aside) > 0L) rows[-plan$aside] else plan$train
  plan$n <- n - length(plan$aside)
  if (settings$bootstrap) draw_for_members(plan, given, rows, seed) else plan
}

# From the dealing on; what train_planned() is for one network.
train_ensemble <- function(plan, given, settings, typed, earlier, members) {
  plan <- deal_rows(plan, given, settings, typed, earlier, members)
  if (is.null(earlier)) warn_unused_levels(given$outcome, plan)
  given$blueprint <- complete_blueprint(given, plan, settings, earlier)
  rows <- encode_given(given, plan)
  if (!is.null(plan$given)) {
    plan$given <- read_validation(plan$given, given, settings$na_action)
  }
  kinds <- kinds_of(plan, typed, earlier, !is_number_outcome(given$outcome))
  ready <- Map(function(settings, kind) {
    then <- kind_of(earlier, kind)
    if (!is.null(then)) settings$start <- then
    settings$seed <- plan$settings$seed
    prepare_training(settings, plan, given, rows, typed, then)
  }, kinds, names(kinds))
  keeping_last(function(keep) {
    trained <- list()
    time <- clock(settings$time_limit, settings$began)
    for (name in names(ready)) {
      made <- train_kind(ready[[name]], plan, given, earlier, time, members, name)
      trained[[name]] <- made$members
      if (made$interrupted) {
        # What was finished is worth keeping.
        keep(function() if (can_be_kept(trained)) new_ensemble(trained, ready, plan, given, time))
        stop_engine(list(kind = "interrupted"))
      }
    }
    fit <- new_ensemble(trained, ready, plan, given, time)
    if (length(fit$settings$time_cut) > 0L) warn_cut(fit)
    fit
  })
}

# The kinds of networks by name, each a list of the settings that are its own; the last one is the network as typed.
kinds_of <- function(plan, typed, earlier, classes) {
  settings <- plan$settings
  if (!is.null(earlier)) {
    kinds <- unique(earlier$kinds)
    # All rows of today's data are the batch of an optimizer that takes no other.
    if (!"batch_size" %in% typed) settings["batch_size"] <- list(NULL)
    return(structure(lapply(kinds, function(kind) {
      inherit_settings(settings, typed, kind_of(earlier, kind)$settings)
    }), names = kinds))
  }
  own <- lapply(blends[settings$blend], function(kind) {
    changed <- kind(plan$n, classes)
    settings[names(changed)] <- changed
    settings
  })
  c(own, list(network = settings))
}

# A network of that kind in an earlier ensemble, for the settings it was trained by.
kind_of <- function(earlier, kind) {
  if (!is.null(earlier)) member_of(earlier, match(kind, earlier$kinds))
}

# Trains the networks of one kind. `members` are fits without what they have in common; of each, `out_of_fold` are its predictions of the rows that
# judged it, on the outcome's scale.
train_kind <- function(ready, plan, given, earlier, time, members, kind) {
  spec <- ready$spec
  seeds <- restart_seeds(spec$engine$seed, max(plan$numbers))[plan$numbers]
  watch <- watch_training(spec$progress, spec$callback, member = TRUE)
  at <- which(earlier$kinds == kind)
  # Rows that were not drawn may tell how well a network predicts without having been asked which of its epochs is the best.
  judging <- !is.null(plan$share) || isTRUE(plan$out_of_bag)
  described <- lapply(seq_len(members), function(i) {
    held <- plan$dealt[[i]]
    all <- seq_len(nrow(ready$data$x))
    list(
      seed = seeds[i], rows = if (!is.null(plan$drawn)) plan$drawn[[i]] else if (length(held) > 0L) all[-held] else all,
      held = if (judging) held else integer(),
      start = if (length(at) > 0L) start_of_member(member_of(earlier, at[i]), spec)
    )
  })
  # Kinds to blend with may take what is left but half of the whole, which is for the networks themselves.
  seconds <- if (kind == "network" || is.null(time$limit)) time$left() else max(0, time$left() - time$limit / 2)
  data <- ready$data
  result <- engine_train_members(engine_settings(ready, seconds = seconds), data$x, data$y, data$case_weights, data$offset, described, watch$hook)
  watch$close()
  if (identical(result$error$kind, "nonfinite_x")) stop_unknown_in(data, given$arg)
  answered(result, colnames(data$x), arg = given$arg)
  raised <- watch$raised()
  if (length(raised) > 0L) stop(raised[[1L]])
  made <- lapply(seq_along(result$members), function(i) {
    if (!is.null(result$members[[i]])) new_member(result$members[[i]], described[[i]], plan$dealt[[i]], ready, given, if (length(at) > 0L) member_of(earlier, at[i]))
  })
  list(members = made, interrupted = result$interrupted)
}

start_of_member <- function(member, spec) {
  start <- read_start(member, spec$engine$sizes[1L], utils::tail(spec$engine$sizes, 1L), count_own(spec$engine), spec$engine$loss)
  if (is.null(spec$start$optimizer_state)) start["optimizer_state"] <- list(NULL)
  if (is.null(spec$start$best)) start["best"] <- list(NULL) else start$best <- earlier_best(member, character(), member$settings)
  start
}

# `apart` are the rows that it did not train on, which may have judged it.
new_member <- function(trained, described, apart, ready, given, earlier) {
  fit <- unclass(new_fit(trained$outcome, ready, given, earlier, replace(ready$spec$engine, "seed", described$seed)))
  weights <- ready$data$case_weights
  fit$rows <- length(described$rows)
  fit$total_weight <- if (is.null(weights)) as.double(fit$rows) else sum(weights[described$rows])
  fit$validation_rows <- as.integer(pick_places(ready$data$rows, described$held))
  if (length(described$held) > 0L) fit$validation_count <- length(described$held)
  fit[common_fields] <- NULL
  if (length(apart) > 0L) {
    predicted <- if (length(described$held) > 0L) trained$held else predict_apart(fit, ready$data, apart)
    fit$out_of_fold <- list(rows = apart, predicted = to_outcome(predicted, fit$outcome))
  }
  fit
}

# The engine's outputs for rows that have not judged the network. Offsets are on the scale that training sees.
predict_apart <- function(fit, data, apart) {
  settings <- fit$settings
  net <- c(network_for_engine(fit), list(precision = settings$precision, threads = settings$threads, max_bytes = resolve_max_bytes(), extra_bytes = 0))
  offset <- if (!is.null(data$offset)) data$offset[apart, , drop = FALSE]
  answered(engine_predict(net, fit$weights, fit$biases, pick_rows_of(data$x, apart), offset))$value
}

# What all networks of an ensemble have in common, and the ensemble alone holds.
common_fields <- c("rows_given", "omitted", "interface", "blueprint", "data", "call", "format", "version", "snapshots", "start", "restarts")

# The ensemble of what was trained: the kinds' networks, how much each counts, and what the rows that judged say of it.
new_ensemble <- function(trained, ready, plan, given, time) {
  main <- ready[[length(ready)]]
  kept <- without_diverged(finished_members(trained, time), plan$numbers)
  if (kept$diverged > 0L) warn_diverged_members(kept)
  kept$trained <- lapply(kept$trained, smear, main, plan, given)
  pools <- lapply(kept$trained, pool_held, plan)
  rows <- judged_rows(pools[[1L]]$rows, main, plan, given)
  shares <- blend_shares(pools, rows, main$spec$engine)
  counted <- shares$share > 0
  kinds <- names(kept$trained)[counted]
  members <- unlist(unname(kept$trained[counted]), recursive = FALSE)
  each <- rep(shares$share[counted] / kept$count, each = kept$count)
  model <- new_fit(list(), main, given, NULL)
  model[c("weights", "biases", "history", "optimizer_state", "last", "best", "restarts", "snapshots", "start")] <- NULL
  judged <- judge_members(pools[counted], shares$share[counted], rows, main$spec$engine, given$outcome)
  fit <- c(
    list(
      members = lapply(members, function(member) member[setdiff(names(member), "out_of_fold")]),
      kinds = rep(kinds, each = kept$count), numbers = rep(kept$numbers, length(kinds)), shares = each, choice = shares, out_of_fold = judged
    ),
    unclass(model)
  )
  fit$status <- if (length(kept$cut) > 0L) "out_of_time" else "completed"
  fit$epochs_done <- sum(vapply(members, function(member) as.double(member$epochs_done), 0))
  fit$settings$ensemble <- as.integer(kept$count)
  fit$settings$blend <- setdiff(kinds, "network")
  fit$settings$time_cut <- kept$cut
  fit$final_loss <- mean_of(members, "final_loss", each)
  fit$final_objective <- mean_of(members, "final_objective", each)
  fit$final_validation_loss <- mean_of(members, "final_validation_loss", each)
  fit$rows <- nrow(main$data$x)
  fit$validation_rows <- integer()
  class(fit) <- c("nn_ensemble", "nn_fit")
  fit
}

# The mean of a log-normal outcome is above the exponential of the mean logarithm. By how much, the rows say that networks hold back: predictions are multiplied by
# what brings their sum there to that of the outcomes (Duan's smearing, 1983, as a ratio).
smear <- function(members, ready, plan, given) {
  there <- !vapply(members, is.null, NA)
  transform <- if (any(there)) members[[which(there)[1L]]]$outcome$transform
  pool <- pool_held(members[there], plan)
  rows <- if (!is.null(transform)) judged_rows(pool$rows, ready, plan, given)
  if (is.null(rows)) {
    return(members)
  }
  weights <- if (is.null(rows$weights)) 1 else rows$weights
  shift <- rep(transform$shift, each = nrow(rows$y))
  factor <- colSums((rows$y + shift) * weights) / colSums((pool$predicted + shift) * weights)
  factor <- pmin(pmax(factor, 0.5), 2)
  lapply(members, function(member) {
    if (is.null(member)) {
      return(NULL)
    }
    member$outcome$transform$factor <- as.double(factor)
    held <- member$out_of_fold
    if (!is.null(held)) {
      shift <- rep(transform$shift, each = nrow(held$predicted))
      member$out_of_fold$predicted <- hold_to_limits((held$predicted + shift) * rep(factor, each = nrow(held$predicted)) - shift, member$outcome$limits)
    }
    member
  })
}

mean_of <- function(members, field, shares) sum(shares * vapply(members, function(member) member[[field]], 0))

# How much time there is: `left()` in seconds, NULL where nothing limits it.
clock <- function(limit, began) {
  if (!is.null(limit)) check_positive(limit, "time_limit")
  list(limit = limit, left = function() if (!is.null(limit)) max(0, limit - (proc.time()[["elapsed"]] - began)))
}

# Networks whose training diverged are left out, with those of the other kinds that have the same rows; where all did, those of the main kind are what there is.
without_diverged <- function(kept, numbers) {
  sound <- Reduce(`&`, lapply(kept$trained, function(members) vapply(members, function(member) member$status != "diverged", NA)))
  kept$numbers <- numbers[seq_len(kept$count)]
  kept$diverged <- sum(!sound)
  if (kept$diverged == 0L) {
    return(kept)
  }
  if (any(sound)) {
    kept$trained <- lapply(kept$trained, function(members) members[sound])
    kept$numbers <- kept$numbers[sound]
    kept$count <- sum(sound)
  } else {
    kept$trained <- kept$trained[length(kept$trained)]
  }
  kept
}

warn_diverged_members <- function(kept) {
  count <- kept$diverged
  left <- kept$count
  out <- kept$trained[[1L]][[1L]]$status != "diverged"
  warn_backprop("diverged", c(
    "Training diverged for {count} of the networks: the loss or the weights were no longer finite.",
    i = if (out) "They are left out; {left} {?is/are} averaged." else "The networks returned are the last finite ones.",
    i = "Remedy: a smaller {.arg lr}, or {.code standardize = TRUE}."
  ), count = count)
}

# Whether an interrupt has left anything of the kind that was at work.
can_be_kept <- function(trained) {
  first <- if (length(trained) > 0L) trained[[length(trained)]][[1L]]
  !is.null(first) && first$epochs_done > 0L
}

# Of networks that time was up for, those that can be had again by typing how many there are: of each kind the first `count`. Where not even the first one
# had ended, it is taken as far as it came. `cut` are the arguments that make the same without a limit.
finished_members <- function(trained, time) {
  finished <- function(member) !is.null(member) && !member$status %in% c("out_of_time", "interrupted")
  prefix <- function(members) as.integer(sum(cumprod(vapply(members, finished, NA))))
  main <- trained[[length(trained)]]
  count <- prefix(main)
  if (count == length(main) && all(vapply(trained, prefix, 0) == count)) {
    return(list(trained = trained, count = count, cut = list()))
  }
  if (count == 0) {
    first <- main[[1L]]
    if (is.null(first) || first$epochs_done == 0L) {
      limit <- time$limit
      stop_backprop("time_limit", c(
        "{.arg time_limit} is too short: {limit} second{?s} {?is/are} over before the first epoch is.",
        i = "Give more time, or fewer rows."
      ))
    }
    cut <- list(ensemble = 1L, epochs = first$epochs_done, blend = character())
    return(list(trained = structure(list(main[1L]), names = names(trained)[length(trained)]), count = 1L, cut = cut))
  }
  whole <- vapply(trained, prefix, 0) >= count
  kept <- lapply(trained[whole], function(members) members[seq_len(count)])
  blend <- setdiff(names(kept), "network")
  list(trained = kept, count = count, cut = list(ensemble = count, blend = blend))
}

warn_cut <- function(fit) {
  limit <- fit$settings$time_limit
  typed <- describe_cut(fit)
  inform_backprop("time_limit", c(
    "{.code time_limit = {limit}} ended the training early.",
    i = "Without a limit, {.code {typed}} and the same seed give the same model."
  ))
}

# As it is to be typed: "ensemble = 3, blend = NULL".
describe_cut <- function(fit) {
  cut <- fit$settings$time_cut
  values <- vapply(cut, function(value) if (length(value) == 0L) "NULL" else if (is.numeric(value)) format(value) else deparse1(value), "")
  paste0(names(cut), " = ", values, collapse = ", ")
}

# Predictions of rows by the networks that were not trained on them: a list of `rows` (places among those that take part) and `predicted`. Of rows out
# of bag, which are so for several networks, it is the mean of these.
pool_held <- function(members, plan) {
  held <- lapply(members, function(member) member$out_of_fold)
  rows <- unlist(lapply(held, function(part) part$rows))
  predicted <- do.call(rbind, lapply(held, function(part) part$predicted))
  if (length(rows) > 0L && !is.null(plan$drawn)) {
    each <- sort(unique(rows))
    predicted <- unname(rowsum(predicted, rows)) / tabulate(match(rows, each), length(each))
    rows <- each
  }
  list(rows = rows, predicted = predicted)
}

# Outcomes and weights of rows by their places, on the outcome's own scale; NULL without rows.
judged_rows <- function(rows, ready, plan, given) {
  if (length(rows) == 0L) {
    return(NULL)
  }
  y <- encode_outcome(given$outcome, ready$spec$engine)
  at <- if (is.null(plan$train)) rows else plan$train[rows]
  list(y = y[at, , drop = FALSE], weights = ready$data$case_weights[rows])
}

# The share that each kind has in the mean: of all shares by quarters those of the smallest loss on the rows that judged. A data frame of `kind`, `loss`
# (of that kind alone) and `share`. `pools` are those of the kinds, by name; `rows` what judged_rows() says of theirs, NULL where there are none.
blend_shares <- function(pools, rows, engine) {
  kinds <- names(pools)
  if (is.null(rows)) {
    return(data.frame(kind = kinds, loss = NA_real_, share = as.double(kinds == kinds[length(kinds)])))
  }
  loss_of <- function(predicted) mean_loss(engine$loss, engine$loss_par, engine$output, predicted, rows$y, rows$weights, engine$custom)
  losses <- vapply(pools, function(pool) loss_of(pool$predicted), 0)
  shares <- shares_by_quarters(length(kinds))
  blended <- apply(shares, 1L, function(share) loss_of(Reduce(`+`, Map(function(pool, part) pool$predicted * part, pools, share))))
  # Of equals the one with most of the network, which is last.
  data.frame(kind = kinds, loss = losses, share = shares[which.min(blended), ], row.names = NULL)
}

# All ways to share 1 among k by quarters, the last one's share falling.
shares_by_quarters <- function(k) {
  grid <- as.matrix(expand.grid(rep(list(0:4), k)))
  grid <- grid[rowSums(grid) == 4, , drop = FALSE]
  unname(grid[order(-grid[, k]), , drop = FALSE] / 4)
}

# What the rows that judged say of the mean: its loss there and, of a number, its errors, sorted: at most 2,000 of them, evenly spaced.
judge_members <- function(pools, shares, rows, engine, outcome) {
  if (is.null(rows)) {
    return(NULL)
  }
  predicted <- Reduce(`+`, Map(function(pool, part) pool$predicted * part, pools, shares))
  loss <- mean_loss(engine$loss, engine$loss_par, engine$output, predicted, rows$y, rows$weights, engine$custom)
  errors <- if (outcome$kind != "factor" && ncol(predicted) == ncol(rows$y)) {
    lapply(seq_len(ncol(predicted)), function(j) {
      sorted <- sort(rows$y[, j] - predicted[, j])
      sorted[round(seq(1, length(sorted), length.out = min(length(sorted), 2000)))]
    })
  }
  list(rows = length(pools[[1L]]$rows), loss = loss, errors = errors)
}
