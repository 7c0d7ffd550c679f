# One of several classes without order, or counts of each.

family_multinomial <- function() {
  new_family(
    "multinomial", "multinomial", "logit", "softmax", "cross_entropy",
    classical = TRUE, constant = "the shares of the classes",
    kinds = c("factor", "numeric", "logical", "counts"),
    whole = list(test = function(y) all(y == 0 | y == 1), needs = "classes (zeros and ones)"),
    terms = function(problem) problem$rows,
    log_likelihood = function(problem, call) -total_loss(problem, call) + ways_of_trials(problem),
    deviance = function(problem, call) {
      if (problem$fit$outcome$kind != "counts") {
        return(2 * total_loss(problem, call))
      }
      y <- problem$y
      2 * sum(weigh_rows(times_log(y, y) - times_log(y, problem_outputs(problem, call)), problem))
    },
    shares = function(y, p, problem) 2 * (times_log(y, y) - times_log(y, p)),
    spread = function(p, problem) p * (1 - p),
    draw = function(p, fit) {
      trials <- fit$trials
      if (is.null(trials)) {
        return(sample_classes(p))
      }
      t(vapply(seq_len(nrow(p)), function(i) stats::rmultinom(1L, round(trials[i]), p[i, ])[, 1L], numeric(ncol(p))))
    }
  )
}

# A class for each row, by its probabilities.
sample_classes <- function(p) {
  reached <- p
  for (class in seq_len(ncol(p))[-1L]) reached[, class] <- reached[, class - 1L] + p[, class]
  as.integer(rowSums(stats::runif(nrow(p)) * reached[, ncol(p)] > reached) + 1L)
}
