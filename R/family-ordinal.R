# Classes in order: cumulative logits, also called proportional odds.

family_ordinal <- function() {
  new_family(
    "ordinal", "ordinal", "logit", "linear", "ordinal",
    kinds = "factor", types = c("class", "prob"), averages = FALSE, scales = FALSE, own = "log step",
    constant = "the shares of the classes",
    par = function(outcome, given, weights) as.double(outcome$k),
    units = function(outcome, par) 1L,
    targets = function(outcome, par) matrix(as.double(outcome$values) - 1, ncol = 1L),
    count_own = function(units, par) par - 2,
    terms = function(problem) problem$rows,
    # Thresholds as far apart as without inputs; half a row more in each class keeps them finite.
    start = function(y, weights, par) {
      classes <- par
      if (classes == 2L) {
        return(numeric())
      }
      counts <- vapply(seq_len(classes) - 1, function(class) sum(if (is.null(weights)) y == class else weights[y == class]), 0) + 0.5
      logits <- stats::qlogis(cumsum(counts)[-classes] / sum(counts))
      log(diff(logits))
    },
    natural = function(ancillary, fit) list(thresholds = thresholds_of(fit)),
    respond = function(value, fit) {
      cumulative <- stats::plogis(outer(-value[, 1L], c(0, cumsum(exp(own_parameters(fit)))), `+`))
      upper <- cbind(cumulative, 1, deparse.level = 0)
      upper - cbind(0, cumulative, deparse.level = 0)
    },
    columns = function(fit) fit$outcome$levels,
    target_names = function(fit, outputs) setting(fit$outcome$names, "class"),
    draw = function(p, fit) sample_classes(p)
  )
}

# The thresholds of the weighted inputs without the last bias, as MASS::polr() has them: P(Y <= j) = plogis(threshold_j - x'w).
thresholds_of <- function(fit) {
  # Without biases the first threshold is 0.
  bias <- if (isFALSE(fit$settings$bias)) 0 else fit$biases[[length(fit$biases)]]
  levels <- fit$outcome$levels
  values <- c(0, cumsum(exp(own_parameters(fit)))) - bias
  stats::setNames(values, paste(levels[-length(levels)], levels[-1L], sep = "|"))
}
