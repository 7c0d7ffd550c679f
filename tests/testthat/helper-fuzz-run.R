# Random calls: made, watched and judged. A call is known by a seed and its number alone.
#
# A draw is a list: `target`, the function or method that is tried; `call`, evaluated in `env`, where its arguments are; `arguments`, their names;
# `holds`, a function of the value that gives the faults it finds, as texts.

fuzz_draw <- function(target, head, args, env = fuzz_env(), holds = function(value) NULL, ...) {
  list(target = target, call = as_fuzz_call(head, args, env), env = env, arguments = names(args), holds = holds, ...)
}

# Where a call is typed: what it names, and behind that these functions and the package's.
fuzz_env <- function() new.env(parent = environment(fuzz_env))

# A call as someone types it: of names. Values that are code would be evaluated otherwise.
as_fuzz_call <- function(head, args, env) {
  names <- if (is.null(names(args))) character(length(args)) else names(args)
  parts <- lapply(seq_along(args), function(k) {
    if (inherits(args[[k]], "fuzz_typed")) {
      return(args[[k]]$expression)
    }
    name <- make.unique(c(ls(env, all.names = TRUE), paste0("the_", if (nzchar(names[k])) names[k] else k)))
    name <- name[length(name)]
    assign(name, args[[k]], envir = env)
    as.name(name)
  })
  as.call(c(head, stats::setNames(parts, names)))
}

# The random stream of a call. R's generators are fixed, and what the session had is put back.
with_fuzz_seed <- function(seed, index, code) {
  kinds <- RNGkind()
  before <- get0(".Random.seed", envir = globalenv(), inherits = FALSE)
  on.exit({
    do.call(RNGkind, as.list(kinds))
    if (!is.null(before)) assign(".Random.seed", before, envir = globalenv())
  })
  # Primes, so that calls of neighbouring seeds differ.
  set.seed(as.integer((seed * 1000003 + index * 7919) %% .Machine$integer.max), "Mersenne-Twister", "Inversion", "Rejection")
  code
}

# What a call did.
observe <- function(call, env) {
  warnings <- messages <- list()
  before <- list(random = stream(), values = frozen(env), time = proc.time())
  output <- utils::capture.output(
    ended <- tryCatch(
      withCallingHandlers(
        list(value = eval(call, env)),
        warning = function(cnd) {
          warnings[[length(warnings) + 1L]] <<- cnd
          tryInvokeRestart("muffleWarning")
        },
        message = function(cnd) {
          messages[[length(messages) + 1L]] <<- cnd
          tryInvokeRestart("muffleMessage")
        }
      ),
      error = function(cnd) list(condition = cnd)
    )
  )
  time <- proc.time() - before$time
  c(ended, list(
    warnings = warnings, messages = messages, output = output, before = before$random, after = stream(), seconds = sum(time[c("user.self", "sys.self")]),
    touched = !identical(before$values, frozen(env))
  ))
}

stream <- function() get0(".Random.seed", envir = globalenv(), inherits = FALSE)

# Everything in an environment as bytes; functions and environments apart, which R itself compiles and fills as it goes.
frozen <- function(env) {
  plain <- function(x) {
    if (is.function(x) || is.environment(x)) {
      return(NULL)
    }
    if (is.list(x)) {
      return(lapply(unclass(x), plain))
    }
    if (is.language(x)) deparse(x) else x
  }
  # Version 2 knows no compact vectors, which become others when they are read.
  serialize(lapply(mget(sort(ls(env, all.names = TRUE)), envir = env), plain), NULL, version = 2L)
}

# Set-up that failed otherwise than by a refusal is a finding too.
stop_finding <- function(target, faults, call) {
  stop(structure(class = c("fuzz_finding", "error", "condition"), list(message = faults[1L], call = NULL, target = target, faults = faults, typed = call)))
}

# One call: `target`, how it `ended` ("value", "refused" or "finding"), `faults`, `arguments`.
fuzz_one <- function(seed, index, targets = fuzz_targets()) {
  # What is a name by chance may become a file; progress bars are drawn for nobody.
  withr::local_dir(tempdir())
  withr::local_options(cli.default_handler = function(message) NULL)
  with_fuzz_seed(seed, index, {
    if (chance(0.9)) withr::local_options(backprop.max_bytes = 5e8)
    tryCatch(
      {
        draw <- draw_in_turn_of(index, targets)
        seen <- observe(draw$call, draw$env)
        faults <- judge(seen, draw)
        list(
          target = draw$target, ended = if (length(faults) > 0L) "finding" else if (is.null(seen$condition)) "value" else "refused",
          faults = faults, arguments = draw$arguments, typed = deparse1(draw$call), error = seen$condition, seconds = seen$seconds
        )
      },
      fuzz_finding = function(cnd) list(target = cnd$target, ended = "finding", faults = cnd$faults, arguments = character(), typed = deparse1(cnd$typed), seconds = 0),
      error = function(cnd) list(target = "generator", ended = "finding", faults = paste("the generator failed:", conditionMessage(cnd)), arguments = character(), typed = deparse1(conditionCall(cnd)), seconds = 0)
    )
  })
}

# Whose turn it is, and what is drawn then. In a round of about 1,000 calls each target is called as often as its weight says, its calls spread over
# the round: how often it is called is no matter of chance, nor (see draw_arguments()) whether each of its arguments is.
draw_in_turn_of <- function(index, targets) {
  weights <- vapply(targets, function(target) target$weight, 0)
  times <- ceiling(1000 * weights / sum(weights))
  calls <- data.frame(target = rep(seq_along(times), times), nth = sequence(times))
  calls <- calls[order((calls$nth - 0.5) / times[calls$target]), ]
  round <- (index - 1) %/% nrow(calls)
  one <- calls[(index - 1) %% nrow(calls) + 1, ]
  whose_turn$count <- one$nth - 1 + round * times[one$target]
  targets[[one$target]]$draw()
}

# Many calls. `log`, a file that has the number of the call at work, for the case that R does not survive it.
fuzz_many <- function(seed, indices, targets = fuzz_targets(), log = NULL, tell = function(index, one) NULL) {
  lapply(indices, function(index) {
    if (!is.null(log)) cat(seed, index, "\n", file = log)
    one <- fuzz_one(seed, index, targets)
    if (one$ended == "finding") tell(index, one)
    one
  })
}

describe_finding <- function(seed, index, one) {
  paste0(
    "seed ", seed, ", call ", index, ", ", paste(one$target, collapse = ", "), ":\n", paste0("  ", one$faults, collapse = "\n"), "\n  ",
    substr(one$typed, 1L, 300L)
  )
}
