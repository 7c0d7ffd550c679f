# Random calls: what parsnip calls to train.

target_of_parsnip <- function() {
  how <- draw_how()
  problem <- draw_problem(clean = TRUE, interface = "formula")
  kinds <- training_kinds(problem)[c("hidden", "penalty", "activation", "lr", "epochs")]
  names(kinds) <- c("model_hidden_units", "model_penalty", "model_activation", "model_learn_rate", "model_epochs")
  kinds$weights <- function(near) if (near) draw_one(-1, "a", rep(1, problem$n + 1L)) else rep_len(c(1, 2, 0.5), problem$n)
  arguments <- draw_arguments(kinds, how, needed = "model_epochs")
  if (is.numeric(arguments$model_epochs)) arguments$model_epochs <- pmin(arguments$model_epochs, 5)
  wrong <- if (how == "near" && chance(0.3)) draw_one(list(hidden = 2), list(X = 1), list(subset = 1), list(zzz = 1), list(2))
  given <- problem$first[c("formula", "data")]
  draw <- fuzz_draw("nn_parsnip", quote(nn_parsnip), c(given, arguments, wrong, list(preset = "textbook")))
  draw$formula <- problem$first$formula
  draw$may_draw <- TRUE
  draw$refused <- length(wrong) > 0L
  draw$holds <- function(value) if (!identical(class(value), "nn_fit")) "is no fit"
  draw
}
