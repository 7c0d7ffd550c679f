# Random calls: toy data, and the playground, whose page is made but not opened.

targets_of_toys <- function() {
  shapes <- a_choice_of(names(toy_shapes))
  noise <- function(near) if (near) draw_one(-1, NA, Inf, 1e300, "0.1", c(0, 1)) else draw_one(0, 0.1, 1000)
  toy <- list(name = shapes, n = a_count, noise = noise, seed = or_null(a_seed))
  list(
    nn_toy_data = function() {
      fuzz_draw("nn_toy_data", quote(nn_toy_data), draw_arguments(toy), may_draw = TRUE, holds = function(value) {
        c(if (!identical(names(value), c("x1", "x2", "y"))) "has other columns", faults_of_numbers(c(value$x1, value$x2, as.double(value$y))))
      })
    },
    nn_playground = function() {
      own <- chance(0.5)
      table <- draw_one(iris[c(1:5, 51:55, 101:105), ], data.frame(a = 1:6, b = c(NA, 2:6), z = rep(c(TRUE, FALSE), 3)), data.frame(a = 1:4, y = c("a", "b", "a", "b")))
      kinds <- c(list(
        data = if (own) function(near) if (near) draw_one(1:3, list(a = 1), "iris", table[0, ]) else table else shapes,
        formula = or_null(function(near) if (near || !own) draw_one("y ~ .", ~ a, zzz ~ a, y ~ ., cbind(a, b) ~ z) else draw_one(Species ~ ., Sepal.Length ~ Sepal.Width + Species, z ~ a + b)),
        hidden = function(near) if (near) draw_one(9, 0, rep(1, 5), 1.5, "2", NA) else draw_one(c(), 1, c(8, 2), 3L),
        activation = a_choice_of(fuzz_activations), optimizer = a_choice_of(names(optimizers)), lr = or_null(a_positive), batch_size = a_count,
        init = or_null(a_choice_of(fuzz_inits)), penalty = function(near) if (near) draw_one(-1, NA, Inf, "1") else draw_one(0, 0.1),
        dropout = a_share_below_one, validation = a_share_below_one, noise = noise, seed = a_seed
      ))
      fuzz_draw("nn_playground", quote(nn_playground), draw_arguments(kinds, needed = "data"), holds = function(value) if (!inherits(value, "shiny.appobj")) "is no app")
    }
  )
}
