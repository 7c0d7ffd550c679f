# What is drawn in R: seeds, and draws by a seed that leave the session's generator where it stood.

# The seed as typed, or one from R's generator.
seed_or_drawn <- function(seed, call = training_call) if (is.null(seed)) sample.int(.Machine$integer.max, 1L) else check_seed(seed, call)

# A call that is refused draws nothing from R's generator: where the package stops, the generator is put back.
undoing_draws <- function(code) {
  before <- get0(".Random.seed", envir = globalenv(), inherits = FALSE)
  withCallingHandlers(code, backprop_error = function(cnd) {
    if (is.null(before)) {
      suppressWarnings(rm(".Random.seed", envir = globalenv()))
    } else {
      assign(".Random.seed", before, envir = globalenv())
    }
  })
}

# What `draw` draws by the seed alone, whatever generator the session uses, which goes on where it stood.
drawing_by <- function(seed, draw) {
  before <- get0(".Random.seed", envir = globalenv(), inherits = FALSE)
  kinds <- RNGkind()
  on.exit(if (is.null(before)) {
    # Without a state, the kinds are what is to be put back; of the old way to sample R warns.
    suppressWarnings(do.call(RNGkind, as.list(kinds)))
    rm(".Random.seed", envir = globalenv())
  } else {
    assign(".Random.seed", before, envir = globalenv())
  })
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  draw()
}
