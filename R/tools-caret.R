# A network as a model of caret's, for caret::train(method = nn_caret()).

#' Networks in caret
#'
#' What `caret::train(method = )` takes in place of the name of a model: networks whose hidden units, penalty, learning rate and dropout caret tunes.
#'
#' Further arguments of `caret::train()` go to [nn_train()]: `epochs`, `activation`, `preset`, `threads` and the like. Without them the network is the one of
#' `preset = "table"` with `effort = "quick"`: what is not tuned is chosen by the data. Factors among the inputs are taken as they are by
#' `train(x, y)`; its formula method makes dummy columns before the network sees them. Weights of rows (`weights = `) are the network's case weights. Numbers and
#' factors of two and more levels train, with probabilities (`trainControl(classProbs = TRUE)`). Each network draws its seed from R's generator, so that
#' `set.seed()` before, or `trainControl(seeds = )`, makes a tuning reproducible.
#'
#' The tuned parameters, columns of `tuneGrid`:
#' * `hidden`: units of the one hidden layer, 0 for none;
#' * `penalty`: as in [nn_train()];
#' * `lr`: the learning rate, `NA` for what is chosen where it is not given;
#' * `dropout`: share of hidden units, as in [nn_train()].
#'
#' Without a grid, `tuneLength = k` tries k sizes (4, 8, 16, ...) by k penalties, and a random search draws all four.
#' @return A list, as caret documents it for models of one's own.
#' @examplesIf requireNamespace("caret", quietly = TRUE)
#' set.seed(1)
#' tuned <- caret::train(
#'   mpg ~ wt + hp, data = mtcars, method = nn_caret(), epochs = 50, preset = "textbook",
#'   tuneGrid = expand.grid(hidden = c(0, 4), penalty = 0, lr = 0.1, dropout = 0),
#'   trControl = caret::trainControl(method = "cv", number = 2)
#' )
#' tuned$bestTune
#' predict(tuned, head(mtcars, 3))
#' @export
nn_caret <- function() {
  names <- c("hidden", "penalty", "lr", "dropout")
  list(
    label = "Neural Network (backprop)",
    library = "backprop",
    type = c("Classification", "Regression"),
    parameters = data.frame(parameter = names, class = "numeric", label = c("#Hidden Units", "Penalty", "Learning Rate", "Dropout")),
    grid = caret_grid,
    loop = NULL,
    fit = caret_fit,
    predict = function(modelFit, newdata, submodels = NULL) {
      if (modelFit$outcome$kind == "factor") {
        nn_predict(modelFit, caret_table(newdata), type = "class")
      } else {
        as.vector(nn_predict(modelFit, caret_table(newdata)))
      }
    },
    prob = function(modelFit, newdata, submodels = NULL) {
      shares <- as.data.frame(stats::predict(modelFit, caret_table(newdata), type = "prob"))
      stats::setNames(shares, modelFit$outcome$levels)
    },
    varImp = function(object, ...) {
      found <- nn_importance(object, method = "olden")
      # Of several outputs, the mean size; caret has one number for each column.
      data.frame(Overall = c(tapply(abs(found$importance), factor(found$variable, unique(found$variable)), mean)))
    },
    predictors = function(x, ...) names(x$blueprint$columns),
    levels = function(x) x$outcome$levels,
    tags = c("Neural Network", "L2 Regularization", "Accepts Case Weights"),
    # The plainest first.
    sort = function(x) x[order(x$hidden, -x$penalty, -x$dropout), ]
  )
}

caret_grid <- function(x, y, len = NULL, search = "grid") {
  if (search == "grid") {
    return(expand.grid(hidden = 2^(1 + seq_len(len)), penalty = c(0, 10^-seq_len(len))[seq_len(len)], lr = NA_real_, dropout = 0))
  }
  data.frame(
    hidden = round(2^stats::runif(len, 1, 6)), penalty = 10^stats::runif(len, -6, -1), lr = 10^stats::runif(len, -4, -1.5), dropout = stats::runif(len, 0, 0.5)
  )
}

# The names of the arguments are caret's.
caret_fit <- function(x, y, wts, param, lev, last, classProbs, ...) {
  settings <- list(...)
  tuned <- list(hidden = if (param$hidden > 0) param$hidden, penalty = param$penalty)
  if (!is.na(param$lr)) tuned$lr <- param$lr
  # Without a hidden layer there is nothing to drop.
  if (param$dropout > 0 && param$hidden > 0) tuned$dropout <- param$dropout
  if (!is.null(wts)) tuned$case_weights <- wts
  if (!any(c("preset", "effort") %in% names(settings))) settings$effort <- "quick"
  do.call(nn_train, c(list(caret_table(x), y), tuned, settings), quote = TRUE)
}

# caret gives inputs as it has them: a data frame, a matrix or a sparse one.
caret_table <- function(x) if (is.data.frame(x)) x else as.data.frame(as.matrix(x))
