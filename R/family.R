# Families: what an outcome is taken to be distributed as, and all that follows from it. One file each (family-<name>.R) with a function of
# that name; everything else asks the family that it gets from family_of() or family_named().
#
# A family is a list of class `nn_family`, in the shape of R's own (stats::family): `family`, `link`, `linkfun`, `linkinv`, `mu.eta`,
# `variance`. Besides:
#   output, losses  what the engine is asked for; the first loss is the default
#   title           how texts call it
#   kinds           the kinds of outcome that it takes, the first being what a message asks for
#   types           the types of prediction, the default first; NULL: those that go with the kind of outcome
#   averages        whether networks of it may be averaged
#   all_rows        whether a step needs all rows at once
#   classical       whether the best constant prediction is known without training it (lm()'s and glm()'s of old)
#   scales          whether the outcome is standardised with the inputs
#   has_level       whether predictions change when all weighted inputs of the output do
#   is_density      whether the loss may have any sign, so that changes of it are not measured by its size
#   log_sds         whether the second half of the outputs are logarithms of standard deviations
#   constant        how texts call the best constant prediction
#   own             the name of its own trained parameters, as the engine has them; NULL where there are none
#   extra_df        parameters that are estimated beside the network's and its own
#   whole           what the likelihood asks of outcomes that the loss does not: a list of `test(y)` and `needs`
#   par(outcome, given, weights) what the loss has as its parameter, from the outcome, what was given or trained with, and the weights of rows
#   units(outcome, par)          units of the output layer; NULL: as many as columns or classes
#   targets(outcome, par)        what the engine is trained on; NULL: the outcome in the columns of predictions
#   count_own(units, par)        how many parameters of its own there are
#   start(y, weights, par)       these before training
#   natural(ancillary, fit)      these as they are reported
#   complete(fit, data, predict) what of a fit can be estimated when weights are trained
#   terms(problem)               what the mean loss is multiplied by to be a sum over observations
#   log_likelihood(problem, call), deviance(problem, call)  the deviance is the sum of `shares`, or without these twice the loss, unless it is given
#   values(problem)              values of the outcome that may differ from their predictions
#   shares(y, p, problem)        each value's share of the deviance, or NULL where there is none by value
#   spread(p, problem)           the variance of each value by its prediction p, up to the dispersion
#   log_density(y, p, fit)       the log density of each value by its prediction p, both on the outcome's scale; NULL where p does not say all of it
#   dispersion(problem, df, call)  what the variance is multiplied by; NULL where it is 1
#   respond(value, fit)          the engine's outputs as predictions on the outcome's scale
#   columns(fit)                 the names of these; NULL: those of the outcome
#   target_names(fit, outputs)   the names of what the engine is trained on, from those of its outputs
#   means(value, fit)            the predictions that an outcome is compared with
#   quantiles(value, sides, fit) quantiles that the predictions themselves have, a matrix for each outcome
#   at_times(value, time, type, fit), times(fit), martingale(problem, p)  survival and hazards at times, the times where none are
#                                given, and the events that a row had less those that it was to have by its time
#   draw(p, fit)                 one simulated outcome for each row of predictions
new_family <- function(family, title, link, output, losses, ...) {
  made <- stats::make.link(link)
  defaults <- list(
    family = family, title = title, link = link, linkfun = made$linkfun, linkinv = made$linkinv, mu.eta = made$mu.eta,
    output = output, losses = losses, kinds = "numeric", types = NULL, averages = TRUE, all_rows = FALSE, classical = FALSE,
    scales = output == "linear", has_level = TRUE, is_density = FALSE, log_sds = FALSE, constant = "the mean", own = NULL, extra_df = 0, whole = NULL,
    par = NULL, units = NULL, targets = NULL,
    count_own = function(units, par) 0,
    start = function(y, weights, par) numeric(),
    complete = NULL,
    natural = function(ancillary, fit) list(),
    terms = function(problem) problem$rows * problem$outputs,
    log_likelihood = function(problem, call) -total_loss(problem, call),
    deviance = function(problem, call) 2 * total_loss(problem, call),
    values = count_free_values,
    shares = NULL, spread = NULL, log_density = NULL, dispersion = NULL,
    respond = function(value, fit) to_outcome(value, fit$outcome),
    columns = NULL,
    target_names = function(fit, outputs) outputs,
    means = function(value, fit) value,
    quantiles = NULL, at_times = NULL, times = NULL, martingale = NULL, draw = NULL
  )
  own <- list(...)
  defaults[names(own)] <- own
  if (!is.null(own$shares) && is.null(own$deviance)) {
    defaults$deviance <- function(problem, call) sum(weigh_rows(own$shares(problem$y, problem_outputs(problem, call), problem), problem))
  }
  defaults$variance <- if (is.null(own$variance)) function(mu) defaults$spread(mu, NULL) else own$variance
  structure(defaults, class = c("nn_family", "family"))
}

# Those that are no loss's namesake; a loss `x` for which there is a function family_x() is a family's own.
namesakes <- c(binary_cross_entropy = "binomial", cross_entropy = "multinomial")

# Looked for once in a session: every training asks.
family_names <- function() {
  if (is.null(session$family_names)) {
    own <- names(losses)[vapply(paste0("family_", names(losses)), exists, NA, envir = topenv(), inherits = FALSE)]
    session$family_names <- c("gaussian", unname(namesakes), own)
  }
  session$family_names
}

family_maker <- function(name) get(paste0("family_", name), envir = topenv(), inherits = FALSE)

# Made once in a session: a family is asked for many times in a training.
family_named <- function(name) {
  if (is.null(session$families[[name]])) session$families[[name]] <- family_maker(name)()
  session$families[[name]]
}

# The name of the family whose likelihood an output and a loss are; NULL where they are none.
family_name <- function(output, loss) {
  if (loss %in% c("sse", "mse")) {
    return(if (output == "linear") "gaussian")
  }
  if (loss %in% names(namesakes)) {
    return(namesakes[[loss]])
  }
  if (loss %in% family_names()) loss
}

# The family of a fit, or of settings with `output` and `loss`; NULL where training maximises no likelihood.
family_of <- function(fit) family_of_settings(fit$settings)

family_of_settings <- function(settings) {
  name <- family_name(settings$output, settings$loss)
  if (is.null(name)) NULL else family_named(name)
}

# Whether a standard deviation is predicted beside each mean: outputs then are twice as many as columns of the outcome.
has_log_sds <- function(settings) isTRUE(family_of_settings(settings)$log_sds)

#' Families: what the outcome is distributed as
#'
#' Give one of these names as `family =` in [nn_train()], or an object: one that `nn_family()` makes, or one of R's own with the link that
#' is ours ([stats::poisson()], [stats::binomial()], [stats::gaussian()], and `Gamma(link = "log")`). A family decides `output` and `loss`, which are then left out.
#'
#' With k outputs, outcome y, weighted input z of the output layer, n rows:
#'
#' | family | outcome | network gives | trained beside the weights | equals, without hidden layers |
#' |---|---|---|---|---|
#' | `"gaussian"` | numbers | mean z | | [lm()] |
#' | `"binomial"` | two levels, 0/1, or `cbind(success, failure)` | probability, logit link | | [glm()] |
#' | `"multinomial"` | a factor, or `cbind()` of counts of each class | probabilities, softmax | | `nnet::multinom()` |
#' | `"poisson"` | counts | mean, log link | | [glm()] |
#' | `"gamma"` | numbers above 0 | mean, log link | | `glm(family = Gamma("log"))` |
#' | `"negative_binomial"` | counts | mean \eqn{\mu}{mu}, log link; variance \eqn{\mu+\mu^2/\theta}{mu + mu^2/theta} | \eqn{\theta}{theta} of each outcome | `MASS::glm.nb()` |
#' | `"beta"` | numbers between 0 and 1 | mean \eqn{\mu}{mu}, logit link; variance \eqn{\mu(1-\mu)/(1+\phi)}{mu (1 - mu) / (1 + phi)} | \eqn{\phi}{phi} of each outcome | beta regression |
#' | `"location_scale"` | numbers | mean and standard deviation: 2k outputs, the second half log standard deviations | | |
#' | `"ordinal"` | a factor whose levels are in order | \eqn{P(Y \le j) = 1/(1+e^{z-\tau_j})}{P(Y <= j) = 1 / (1 + exp(z - tau_j))} | thresholds \eqn{\tau}{tau} | `MASS::polr()` |
#' | `"cox"` | `survival::Surv()`, censored on the right | log relative hazard z; ties by Breslow's method | | `survival::coxph(ties = "breslow")` |
#' | `"discrete_hazard"` | `survival::Surv()`, censored on the right | the hazard in each of several intervals, logit link | | `glm()` by interval |
#'
#' `"cox"` compares rows with all others that are at risk, so that it takes all rows in each step (no `batch_size` below n); `"discrete_hazard"` takes
#' mini-batches. `cbind()` on the left of a formula (or a matrix as `Y`) means counts under a typed `"binomial"` or `"multinomial"` family only. Rows then weigh as their
#' number of trials.
#'
#' @param family A name from the table, one of R's own families, or a fit from [nn_train()].
#' @param breaks For `"discrete_hazard"`: the ends of the intervals, ascending and above 0. The first begins at 0; times beyond the last are censored
#'   there. `NULL`: deciles of the times of events.
#' @param object A fit.
#' @param ... Not used.
#' @return A list of class `nn_family` and `family`: `family`, `link`, `linkfun`, `linkinv`, `mu.eta` and `variance` as those of [stats::family()],
#'   `output` and `losses`, and of a fit `parameters`: what was trained beside the weights (`theta`, `phi`, `thresholds`, or the `breaks`).
#' @section Errors:
#' An unknown name is an error of class `backprop_error_choice`; a link that is not ours, or an outcome that the family does not take,
#' of class `backprop_error_incompatible`.
#' @references
#' Breslow, N. (1974). Covariance analysis of censored survival data. *Biometrics*, 30(1), 89-99.
#'
#' Cox, D. R. (1972). Regression models and life-tables. *Journal of the Royal Statistical Society B*, 34(2), 187-220.
#'
#' Ferrari, S., & Cribari-Neto, F. (2004). Beta regression for modelling rates and proportions. *Journal of Applied Statistics*, 31(7), 799-815.
#'
#' Gensheimer, M. F., & Narasimhan, B. (2019). A scalable discrete-time survival model for neural networks. *PeerJ*, 7, e6257.
#'
#' McCullagh, P. (1980). Regression models for ordinal data. *Journal of the Royal Statistical Society B*, 42(2), 109-142.
#'
#' Nix, D. A., & Weigend, A. S. (1994). Estimating the mean and variance of the target probability distribution. *ICNN 1994*, 55-60.
#' @examples
#' nn_family("negative_binomial")
#'
#' fit <- nn_train(carb ~ wt + hp, data = mtcars, family = "poisson", preset = "textbook",
#'                 hidden = c(), optimizer = "lbfgs", epochs = 100)
#' coef(glm(carb ~ wt + hp, data = mtcars, family = poisson()))
#' coef(fit, scale = "original")
#' family(fit)$family
#' @seealso [nn_train()], [predict()][predict.nn_fit], [simulate()][simulate.nn_fit]
#' @export
nn_family <- function(family, breaks = NULL) {
  call <- quote(nn_family())
  if (missing(family)) {
    stop_backprop("missing_argument", "{.arg family} is missing: give a name such as {.val ordinal}, or a fit.", call = call)
  }
  if (is.null(family)) {
    stop_argument("family", one_of_choices(family_names()), NULL, call = call)
  }
  if (inherits(family, "nn_fit")) {
    if (!is.null(breaks)) {
      stop_backprop("incompatible", c("{.arg breaks} and a fit do not go together: it has those it was trained with.", i = "Leave {.arg breaks} out."), call = call)
    }
    return(completed_family(validate_fit(family, "family", call, ensembles = TRUE), call))
  }
  made <- read_family(family, call = call)
  if (is.null(breaks)) {
    return(made)
  }
  if (made$family != "discrete_hazard") {
    stop_backprop("incompatible", c("{.arg breaks} are those of the family {.val discrete_hazard}.", i = "Leave them out."), call = call)
  }
  family_discrete_hazard(check_breaks(breaks, call))
}

#' @rdname nn_family
#' @importFrom stats family
#' @export
family.nn_fit <- function(object, ...) {
  completed_family(validate_fit(object, "object", quote(family()), ensembles = TRUE), quote(family()))
}

# With what the fit has trained of it.
completed_family <- function(fit, call) {
  family <- require_family(fit, call)
  family$parameters <- family$natural(own_parameters(fit), fit)
  if (length(family$parameters) > 0L) family$variance <- function(mu) family$spread(as.matrix(mu), list(fit = fit))
  family
}

# The family's own parameters as they are reported, a list; empty of a family without, and where there is no family.
natural_parameters <- function(fit) {
  family <- family_of(fit)
  if (is.null(family)) list() else family$natural(own_parameters(fit), fit)
}

# What is trained beside weights and biases, as the engine has it; fits of older versions have none.
own_parameters <- function(fit) setting(fit$ancillary, numeric())

#' @export
print.nn_family <- function(x, ...) {
  cat("<nn_family> ", x$family, ", link ", x$link, ", output ", x$output, ", loss ", x$losses[1L], "\n", sep = "")
  shown <- vapply(x$parameters, function(value) paste(format(value, digits = 4), collapse = ", "), "")
  if (length(shown) > 0L) cat(paste0(names(shown), ": ", shown, "\n"), sep = "")
  invisible(x)
}

# `family` as typed: a name, an object of ours, or one of R's; NULL stays NULL.
read_family <- function(family, call = training_call) {
  if (is.null(family)) {
    return(NULL)
  }
  if (is.function(family)) family <- tryCatch(family(), error = function(cnd) family)
  if (inherits(family, "nn_family")) {
    known <- family[["family"]]
    if (!is_choice(known, family_names())) {
      stop_argument("family$family", one_of_choices(family_names()), known, hint = "The object was edited: make it anew.", call = call)
    }
    return(if (known == "discrete_hazard") family_discrete_hazard(family[["breaks"]]) else family_named(known))
  }
  if (inherits(family, "family")) {
    return(family_of_r(family, call))
  }
  family_named(check_choice(family, "family", family_names(), call))
}

# One of R's own families, where its link is ours.
family_of_r <- function(family, call) {
  found <- family[["family"]]
  if (!is_text(found)) {
    stop_argument("family$family", "the name of a family", found, hint = "The object was edited: make it anew.", call = call)
  }
  name <- c(gaussian = "gaussian", binomial = "binomial", poisson = "poisson", Gamma = "gamma")[found]
  if (is.na(name)) {
    known <- family_names()
    stop_backprop("choice", c(
      "{.arg family} is {.val {found}}, which is none of ours.",
      i = "They are {.or {.val {known}}}."
    ), call = call)
  }
  ours <- family_named(name)
  if (!identical(family$link, ours$link)) {
    found <- family$link
    stop_backprop("incompatible", c(
      "The family {.val {name}} has the link {.val {ours$link}} here, not {.val {found}}.",
      i = "{.code {family$family}(link = \"{ours$link}\")} is understood."
    ), call = call)
  }
  ours
}

# Output and loss as typed, next to a family that decides both.
check_family_alone <- function(family, output, loss) {
  if (!is.null(output) && !identical(output, family$output)) {
    stop_incompatible(
      "{.arg family} is {.val {name}}, whose output is {.val {its}}, and {.arg output} says {.val {found}}.", "Leave {.arg output} out.",
      name = family$family, its = family$output, found = output
    )
  }
  if (!is.null(loss) && !loss$name %in% family$losses) {
    stop_incompatible(
      "{.arg family} is {.val {name}}, whose loss is {.val {its}}, and {.arg loss} says {.val {found}}.", "Leave {.arg loss} out.",
      name = family$family, its = family$losses[1L], found = loss$name
    )
  }
}

# The family of an outcome that can have no other, where none is typed.
default_family <- function(outcome) if (outcome$kind == "survival") family_named("cox")

check_family_outcome <- function(family, outcome) {
  if (family$family == "binomial" && outcome$kind == "factor" && outcome$k > 2L) {
    k <- outcome$k
    stop_incompatible(
      "{.code family = \"binomial\"} needs two levels; the outcome has {k}.",
      "Use {.code family = \"multinomial\"}, or {.val ordinal} for levels that are in order.", k = k
    )
  }
  if (outcome$kind %in% family$kinds) {
    return(invisible())
  }
  wanted <- c(
    numeric = "numbers", logical = "a logical", factor = "a factor", survival = "times: `survival::Surv(time, event)`",
    counts = "counts"
  )[[family$kinds[1L]]]
  found <- describe_outcome(outcome)
  stop_incompatible(
    "{.code family = \"{name}\"} needs {wanted} as outcome; it is {found}.", "{.help nn_family} has a table of families and outcomes.",
    name = family$family, wanted = wanted, found = found
  )
}
