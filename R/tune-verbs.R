# Verbs of a fit that are asked of a result of nn_tune(): those of the fit itself, which say that they are for `tuned$fit`. R's own defaults would give NULL, or
# speak of something else.

#' @rawNamespace
#' S3method(coef, nn_tune, coef.nn_fit)
#' S3method(confint, nn_tune, confint.nn_fit)
#' S3method(deviance, nn_tune, deviance.nn_fit)
#' S3method(df.residual, nn_tune, df.residual.nn_fit)
#' S3method(family, nn_tune, family.nn_fit)
#' S3method(fitted, nn_tune, fitted.nn_fit)
#' S3method(formula, nn_tune, formula.nn_fit)
#' S3method(generics::augment, nn_tune, augment.nn_fit)
#' S3method(generics::glance, nn_tune, glance.nn_fit)
#' S3method(generics::tidy, nn_tune, tidy.nn_fit)
#' S3method(logLik, nn_tune, logLik.nn_fit)
#' S3method(model.frame, nn_tune, model.frame.nn_fit)
#' S3method(model.matrix, nn_tune, model.matrix.nn_fit)
#' S3method(nn_check_gradient, nn_tune, nn_check_gradient.nn_fit)
#' S3method(nn_trace, nn_tune, nn_trace.nn_fit)
#' S3method(nobs, nn_tune, nobs.nn_fit)
#' S3method(residuals, nn_tune, residuals.nn_fit)
#' S3method(simulate, nn_tune, simulate.nn_fit)
#' S3method(terms, nn_tune, terms.nn_fit)
#' S3method(vcov, nn_tune, vcov.nn_fit)
#' S3method(weights, nn_tune, weights.nn_fit)
NULL
