# What scaling goes by, where rows come from a reader: moments of encoded inputs and of the outcome, gathered in a pass, block by block as in memory.

# As facts_of_rows() gives it. Nothing is read where nothing is scaled and all rows weigh the same.
facts_of_stream <- function(reader, plan, made, settings, of_rows, survey, earlier) {
  scales <- !identical(read_standardize(settings$standardize), FALSE) || !is.null(settings$embed)
  keeps <- !is.null(earlier) && !identical(earlier$settings$standardize, FALSE)
  weighs <- !is.null(made$factors) || !is.null(made$outcome$trials)
  total <- survey$total
  found <- NULL
  if ((scales && !keeps) || weighs) {
    transform <- if (!is.null(earlier)) {
      earlier$outcome$transform
    } else if (identical(settings$outcome_transform, "log") && !is.factor(made$outcome$values)) {
      weights <- weigh(of_rows$weights, made$factors, if (!is.null(made$factors)) outcome_codes(made$outcome))
      learn_log(made$outcome$values[survey$learn, , drop = FALSE], weights[survey$learn])
    }
    found <- gather_moments(reader, plan, made, transform, scales && !keeps)
    total <- found$total
  }
  list(
    total = total, moments = function() found$x, dummy = function() found$x$zeros_and_ones, moments_of_outcome = function(transform) found$y
  )
}

gather_moments <- function(reader, plan, made, transform, scales) {
  of_x <- of_y <- NULL
  total <- c(0, 0)
  count <- 0
  walk_chunks(reader, function(chunk, first, part) {
    rows <- rows_of_chunk(chunk, plan, count, first)
    count <<- count + length(rows$kept)
    rows <- pick_of_chunk(rows, split_chunk(rows, plan)$train)
    if (length(rows$kept) == 0L) {
      return(invisible())
    }
    outcome <- read_outcome(rows$Y, like = made$outcome, arg = "data")
    weights <- weigh(weigh_trials(rows$weights, outcome), made$factors, if (!is.null(made$factors)) outcome_codes(outcome))
    total <<- add_exactly(total, if (is.null(weights)) rep(1, length(rows$kept)) else weights)
    if (!scales) {
      return(invisible())
    }
    of_x <<- answered(engine_moments_add(of_x, encode_rows(rows$variables, made$design), weights))
    if (!is.factor(outcome$values)) {
      of_y <<- answered(engine_moments_add(of_y, transform_outcome(outcome$values, transform), weights))
    }
  })
  list(
    total = sum(total), x = if (!is.null(of_x)) answered(engine_moments_end(of_x)), y = if (!is.null(of_y)) answered(engine_moments_end(of_y))
  )
}
