# Small made-up data of two inputs to learn on: what nn_playground() offers, and documents can show.

#' Toy data
#'
#' Rows of two inputs `x1` and `x2`, both about -5 to 5, and an outcome `y`, drawn by a seed: shapes that a network without a hidden layer
#' cannot learn (all but `"gaussians"`), and two surfaces. They are those that [nn_playground()] offers.
#'
#' | `name` | outcome | rows |
#' |---|---|---|
#' | `"circles"` | two classes | a disc of radius 2.5 (`"inner"`), and a ring around it from 3.5 to 5 (`"outer"`) |
#' | `"moons"` | two classes | two half circles, one turned into the other (`"upper"`, `"lower"`) |
#' | `"spirals"` | two classes | two arms of one and three quarters of a turn (`"first"`, `"second"`) |
#' | `"xor"` | two classes | a square of 10 by 10: whether `x1` and `x2` have the same sign (`"same"`) or not (`"different"`), with 0.6 free between the quarters |
#' | `"gaussians"` | two classes | two clouds with standard deviation 1 around (2, 2) (`"right"`) and (-2, -2) (`"left"`) |
#' | `"plane"` | a number | (x1 + x2) / 10 |
#' | `"waves"` | a number | sin(x1) cos(x2) |
#'
#' @param name Which data: a name of the table above.
#' @param n Number of rows. Classes have half of them each.
#' @param noise Standard deviation of what is added: to both inputs, as a share of 5; of the surfaces to the outcome, as a number. 0 to 1000.
#' @param seed A whole number; `NULL` draws one from R's generator, so that `set.seed()` decides.
#' @return A tibble of `n` rows with the columns `x1`, `x2` and `y`: a factor, or a number.
#' @section Errors:
#' An unknown name, fewer than one row, more rows than there is memory for, a `noise` out of its range and a seed that is not a whole number are errors.
#' @seealso [nn_playground()]
#' @examples
#' spirals <- nn_toy_data("spirals", n = 200, noise = 0.02, seed = 1)
#' plot(x2 ~ x1, data = spirals, col = y, asp = 1)
#' fit <- nn_train(y ~ ., data = spirals, preset = "textbook", hidden = c(8, 8), activation = "tanh",
#'                 optimizer = "adam", lr = 0.03, epochs = 100, seed = 1)
#' mean(predict(fit, spirals)$.pred_class == spirals$y)
#' @export
nn_toy_data <- function(name = "circles", n = 200, noise = 0, seed = NULL) {
  call <- quote(nn_toy_data())
  name <- check_choice(name, "name", names(toy_shapes), call)
  n <- check_count(n, "n", call = call)
  noise <- check_between(noise, "noise", 0, 1000, closed = TRUE, call = call)
  # Two inputs, twice while noise is added, and the outcome.
  check_room(64 * as.double(n), paste("Toy data of", count_text(n, "row")), "Use a smaller `n`.", call)
  undoing_draws(seed <- seed_or_drawn(seed, call))
  drawing_by(seed, function() drawn_toy(toy_shapes[[name]], n, noise))
}

drawn_toy <- function(shape, n, noise) {
  if (is.null(shape$levels)) {
    x <- matrix(stats::runif(2 * n, -5, 5), n)
    y <- shape$value(x[, 1L], x[, 2L]) + noise * stats::rnorm(n)
  } else {
    class <- rep_len(1:2, n)
    x <- shape$place(class, n) + 5 * noise * matrix(stats::rnorm(2 * n), n)
    y <- factor(shape$levels[class], shape$levels)
  }
  tibble::tibble(x1 = x[, 1L], x2 = x[, 2L], y = y)
}

# Of classes: `place` gives the points of rows of class 1 and 2, without noise. Of numbers: `value`, the surface.
toy_shapes <- list(
  circles = list(levels = c("outer", "inner"), place = function(class, n) {
    # Roots of uniform numbers fill an area evenly.
    inner <- class == 2L
    radius <- sqrt(stats::runif(n, ifelse(inner, 0, 3.5^2), ifelse(inner, 2.5^2, 5^2)))
    on_circle(radius, stats::runif(n, 0, 2 * pi))
  }),
  moons = list(levels = c("lower", "upper"), place = function(class, n) {
    lower <- class == 1L
    half <- on_circle(3, stats::runif(n, 0, pi))
    half[lower, 2L] <- -half[lower, 2L]
    half + cbind(ifelse(lower, 1.5, -1.5), ifelse(lower, 0.75, -0.75))
  }),
  spirals = list(levels = c("second", "first"), place = function(class, n) {
    along <- sqrt(stats::runif(n, 0.01, 1))
    on_circle(5 * along, 1.75 * 2 * pi * along + ifelse(class == 1L, pi, 0))
  }),
  xor = list(levels = c("different", "same"), place = function(class, n) {
    x1 <- toy_side(n)
    cbind(x1, abs(toy_side(n)) * sign(x1) * ifelse(class == 2L, 1, -1))
  }),
  gaussians = list(levels = c("left", "right"), place = function(class, n) {
    matrix(stats::rnorm(2 * n), n) + ifelse(class == 2L, 2, -2)
  }),
  plane = list(value = function(x1, x2) (x1 + x2) / 10),
  waves = list(value = function(x1, x2) sin(x1) * cos(x2))
)

on_circle <- function(radius, angle) radius * cbind(cos(angle), sin(angle))

# A number from -5 to 5 that keeps 0.3 away from 0.
toy_side <- function(n) {
  side <- stats::runif(n, -4.7, 4.7)
  side + 0.3 * sign(side)
}
