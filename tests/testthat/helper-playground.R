# A play of the given settings, `epochs` later.
a_play <- function(..., epochs = 0, source = NULL) {
  settings <- default_play_settings()
  given <- list(...)
  settings[names(given)] <- given
  play <- new_play(settings, source)
  if (epochs > 0) advance(play, epochs) else play
}

own_source <- function(data, formula) list(data = data, formula = formula, expression = substitute(data))

# The fit that the code of `play` makes, and the coefficients that it ends with, run where nothing else is known; all but library().
run_code <- function(play) {
  env <- new.env(parent = globalenv())
  coef <- suppressWarnings(eval(parse(text = play_code(play)[-1L], keep.source = FALSE), env))
  list(coef = coef, fit = env$fit)
}

coef_by_code <- function(play) run_code(play)$coef

shown_coef <- function(play) coef(shown_fit(play))

changed <- function(play, ...) {
  given <- list(...)
  settings <- play$settings
  settings[names(given)] <- given
  with_settings(play, settings)
}
