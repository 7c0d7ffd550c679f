engine_moments_add <- function(state, x, w) list(state = list(x = rbind(state$x, x), w = c(state$w, w)))
engine_moments_end <- function(state) engine_moments(state$x, state$w)
