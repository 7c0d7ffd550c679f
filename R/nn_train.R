# Trains a network: what nn_train() is for and takes. Its methods are in nn_train-methods.R, what they share in run-train.R.

#' Train a neural network
#'
#' Trains a feed-forward network (multilayer perceptron) by backpropagation on a matrix, a data frame,
#' or a formula with data. Of a table, `nn_train(y ~ ., data)` and nothing else gives predictions as good as the best that there is; of a matrix of zeros and ones with
#' an outcome of such it is the textbook's network: sigmoid units, half the sum of squared errors, all rows in each step. Which values the arguments have that are not
#' typed says `preset`: see [presets].
#'
#' @section Arguments at a glance:
#' Defaults are those of `preset = "textbook"`. Those marked with a star are others under `preset = "table"`, see [presets].
#'
#' | argument | default | range | meaning |
#' |---|---|---|---|
#' | `hidden` * | 3 | whole numbers, 1 or more; `c()`; [nn_layers()] | units of each hidden layer; `c()` for none; or layers of several kinds |
#' | `epochs` * | 1000 | 0 or more | passes over the rows; 0 gives the untrained network |
#' | `lr` * | `NULL` | above 0 | learning rate; see below for the default |
#' | `preset` | matrix `"textbook"`, tables `"table"` | | what arguments are that are not typed |
#' | `effort` | `"standard"` | `"quick"`, `"standard"`, `"thorough"` | how much work `preset = "table"` takes on |
#' | `time_limit` | `NULL` | above 0 | seconds after which the training ends |
#' | `activation` * | `"sigmoid"` | `"sigmoid"`, `"tanh"`, `"relu"`, `"leaky_relu"`, `"elu"`, `"selu"`, `"gelu"`, `"softplus"`, `"silu"`, `"softsign"`, `"linear"` | one, or one per hidden layer |
#' | `bias` | `TRUE` | | whether units have biases; a formula with `- 1` has none |
#' | `family` | `NULL` | a name or an object, see [nn_family()] | what the outcome is distributed as; decides `output` and `loss` |
#' | `output` | `NULL` | `"sigmoid"`, `"softmax"`, `"linear"`, `"exp"` | activation of the output layer |
#' | `loss` | `NULL` | `"sse"`, `"mse"`, `"mae"`, `"huber"`, `"binary_cross_entropy"`, `"cross_entropy"`, `"poisson"`, `"quantile"`, or an object, see [losses] | what is minimised |
#' | `optimizer` * | `"gd"` | a name or an object, see [optimizers] | how the weights step |
#' | `batch_size` * | `NULL` | 1 or more | rows per step; all for `gd`, `rprop` and `lbfgs`, 32 for the others |
#' | `shuffle` | `TRUE` | `"shards"` too | whether and how mini-batches draw the rows anew each epoch |
#' | `lr_schedule` | `"constant"` | a name or an object, see [schedules] | how the learning rate changes |
#' | `init` | `NULL` | see [nn_init()] | how the weights are drawn |
#' | `start` | `NULL` | list or fit | weights to start from, or a fit to go on with |
#' | `restarts` | 1 | 1 or more | starts to train from; the best is kept |
#' | `ensemble` * | 1 | 1 or more | networks that are trained, and whose predictions are averaged |
#' | `bootstrap` | `FALSE` | | whether each network of the ensemble trains on rows drawn with replacement |
#' | `blend` * | `NULL` | `"linear"`, `"small"`, `"log"`, `"plain"`, `"scores"` | other kinds of networks that the ensemble may be blended with |
#' | `standardize` | matrix `FALSE`, tables `TRUE` | `"robust"`, `"quantile"` too | whether and how inputs and a numeric outcome are scaled |
#' | `embed` * | `NULL` | `"piecewise"`, or an object, see [embed_piecewise()] | how numeric inputs are encoded |
#' | `rare_levels` * | 0 | 0 or more | levels of fewer training rows than this are one |
#' | `outcome_transform` | `"none"` | `"none"`, `"log"` | whether the logarithm of the outcome is learnt |
#' | `clip_predictions` * | `FALSE` | | whether predictions are held to the range of the training rows |
#' | `penalty` | 0 | 0 or more | strength of the penalty on weights |
#' | `mixture` | 0 | 0 to 1 | share of the penalty that is absolute (lasso) rather than squared (ridge) |
#' | `dropout` | 0 | 0 or more, below 1 | share of hidden units dropped at each step; one number, or one per hidden layer |
#' | `clip_norm` * | `NULL` | above 0 | largest norm of a step's gradient |
#' | `decay_schedule` | `NULL` | as `lr_schedule` | how `penalty` and weight decay change |
#' | `dropout_schedule` | `NULL` | as `lr_schedule` | how `dropout` changes |
#' | `validation` * | `NULL` | above 0, below 1; a list; `"out_of_bag"` | rows that judge and do not train |
#' | `stop_iter` * | `NULL` | 1 or more | epochs without improvement after which training ends |
#' | `stop_metric` | `NULL` | `"loss"`, `"log_loss"`, `"brier"`, `"auc"`, `"accuracy"`, `"rmse"`, `"mae"`, `"deviance"` | what chooses the best epoch |
#' | `tol` | 0 | 0 or more | relative fall of the loss that counts as improvement |
#' | `case_weights` | `NULL` | 0 or more, one per row | weights of rows |
#' | `class_weights` | `NULL` | 0 or more, one per level; `"balanced"` | weights of classes |
#' | `offset` | `NULL` | one number per row | added to the output before its activation |
#' | `na_action` | `"error"` | `"error"`, `"omit"`, `"impute"` | what is done about missing values |
#' | `subset` | `NULL` | a condition, or row numbers | the rows to use; formula method only |
#' | `precision` * | `"double"` | `"double"`, `"single"` | the numbers the engine works in |
#' | `threads` | `NULL` | 1 or more | processor threads; results do not depend on it |
#' | `cluster` | `NULL` | see [nn_cluster()] | processes that hold the rows |
#' | `seed` | `NULL` | a whole number | makes the fit reproducible by itself |
#' | `keep` | `"minimal"` | `"minimal"`, `"data"` | whether the fit keeps the data |
#' | `keep_weights` | `NULL` | 1 or more | epochs between snapshots of the weights |
#' | `callback` | `NULL` | a function | is called after each epoch |
#' | `checkpoint` | `NULL` | `list(path =, every =)` | stores the fit in a file every so many epochs |
#' | `progress` | `NULL` | | whether to show a progress bar |
#'
#' @section Output and loss:
#' Where `output` and `loss` are `NULL`, the outcome decides:
#'
#' | outcome | output | loss |
#' |---|---|---|
#' | 0/1 or logical, matrix method | `sigmoid` | `sse` |
#' | 0/1 or logical, data frame and formula methods | `sigmoid` | `binary_cross_entropy` |
#' | factor of 2 levels | `sigmoid` (one output, the probability of the second level) | `binary_cross_entropy` |
#' | factor of more levels | `softmax` | `cross_entropy` |
#' | times of an event, `survival::Surv()` | `linear` (the log of the relative hazard) | `cox` |
#' | other numbers | `linear` | `mse` |
#'
#' A typed `family` decides both: see [nn_family()], which has the losses of the other likelihoods (`gamma`, `negative_binomial`, `beta`, `location_scale`,
#' `ordinal`, `cox`, `discrete_hazard`), too.
#'
#' With n rows, k outputs, outcomes y and predictions p, the losses are: `sse` \eqn{\frac12\sum(y-p)^2}{1/2 sum((y-p)^2)}
#' (a sum; every other loss is a mean), `mse` \eqn{\sum(y-p)^2/(nk)}{sum((y-p)^2)/(nk)}, `mae` the mean of
#' \eqn{|y-p|}, `huber` quadratic up to an error of `delta` and linear beyond (see [losses]), `binary_cross_entropy` the mean over
#' rows and outputs of \eqn{-y\log p-(1-y)\log(1-p)}{-y log(p) - (1-y) log(1-p)}, `cross_entropy` the mean over rows of
#' \eqn{-\sum y\log p}{-sum(y log(p))}, `poisson` the mean of \eqn{p-y\log p}{p - y log(p)}.
#' `quantile` is the mean of the pinball loss of each quantile (see [losses]).
#' `cross_entropy` goes with `softmax`, `binary_cross_entropy` with `sigmoid`, `poisson` with `exp`, `quantile` with `linear`;
#' the others with `linear`, `sigmoid` and `exp`.
#'
#' @section Learning rate:
#' The default is 0.1 for `gd`, 0.01 for `sgd`, `momentum`, `nesterov`, `adagrad` and `rprop`, 0.001 for
#' `adam`, `adamw` and `rmsprop`, and 1 for `lbfgs`. Under `sse`, which is a sum, it is multiplied by `min(1, 32 / rows per step)`, so that the
#' step does not grow with the number of rows. The value used is in `fit$settings$lr` and is shown by `print()`.
#'
#' @section Weights:
#' Case weights w turn every loss \eqn{\sum l / n}{sum(l) / n} into \eqn{\sum w l / \sum w}{sum(w * l) / sum(w)} (and `sse` into
#' \eqn{\sum w l}{sum(w * l)}), so that weight 2 equals giving the row twice. Rows of weight 0 are left out before anything else.
#' In full batches without `validation` the frequency weights of hardhat so equal rows that are repeated; `nobs()` counts rows, the `nobs` of [logLik()][logLik.nn_fit] sums weights.
#' A mini-batch of b of n rows divides by \eqn{b \sum w / n}{b * sum(w) / n}. The moments of `standardize` are weighted too.
#' `class_weights` multiply the case weights of each class; `"balanced"` gives all classes the same sum.
#' Unnamed numbers are in the order of the levels; for a logical outcome these are `FALSE`, `TRUE`, for a column of zeros and ones 0, 1.
#'
#' @section Penalty:
#' With weights w (biases are free), `penalty` \eqn{\lambda} and `mixture` \eqn{\alpha} add
#' \eqn{\lambda ((1-\alpha)/2 \sum w^2 + \alpha \sum |w|)}{lambda * ((1 - alpha) / 2 * sum(w^2) + alpha * sum(abs(w)))} to the loss, as in
#' glmnet. `history$loss` contains it, validation losses do not.
#'
#' @section Validation and early stopping:
#' `validation = 0.2` splits off a fifth of the rows at random, by the seed, the same share of every class, and of events among times. A list gives rows
#' of their own: `list(X =, Y =)`, or a data frame in the formula method; it may have `case_weights` and `offset`
#' too. They are prepared as predictions are: by the levels and moments of the training rows; a level that no training row has is an error there. A row that
#' is the only one left to train a level of a factor stays among those that train. `fit$validation_rows` has the numbers of the rows that were split off. Where rows validate, the fit has the weights of the epoch
#' that was the best on them (`fit$best` has its number and loss), and the last ones are kept in `fit$last`, from which `start = fit` goes on. With `stop_iter`, training ends when
#' the loss of the validation rows (of the training rows where there are none) has not fallen by more than the share `tol` for that
#' many epochs, with status `"converged"`. Without either, the weights are those of the last epoch.
#'
#' `stop_metric` is what is best, if not the loss: `"log_loss"`, `"brier"` (the sum of squared errors of all classes' probabilities), `"accuracy"` and `"auc"` for classes, `"rmse"` and `"mae"` for
#' numbers, on the scale that training sees, `"deviance"` for likelihoods; of the families from gamma on in the table of [nn_family()] it is `"loss"` alone. `history$validation_metric` has it by epoch. It is measured on validation rows, weighted as the loss is. Of `"auc"` and `"accuracy"`, which
#' are to be large, `fit$best$loss` is the negative.
#'
#' Where training goes on with
#' `start`, so does the count of epochs without improvement; after a training that had converged it begins anew.
#'
#' @section Ensembles:
#' `ensemble = k` trains k networks, whose seeds follow that of the fit, and averages what they predict: see [nn_member()]. Under `validation = 0.15` each holds back rows of its own: no two of them the same ones,
#' as long as there are enough. With several `threads` they are trained side by side; the bits are the same. `fit$rows` counts all rows. Inputs are scaled and encoded by all of them.
#'
#' `bootstrap = TRUE` (bagging) draws for each network as many rows as there are, with replacement, by its seed: about a third of the rows are out of its bag, others train it twice or
#' more, with their case weights. `validation = "out_of_bag"`, which `preset = "table"` then has, lets the rows out of its bag choose its best epoch. Under `NULL` or rows of their own it trains without a look at them; a share is held back
#' as without `bootstrap`, and what is left is drawn from. The mean of the networks that did not train on a row says how well such rows are predicted: `fit$out_of_fold`, without any rows given up, and with it the
#' intervals of [predict()][predict.nn_fit] and the shares of `blend`. A level of a factor none of whose rows was drawn has one of them in the place of a row that was drawn twice. Inputs are scaled by all rows.
#' A network has seen 63 % of the rows, where `validation = 0.15` leaves 85 %: on four tables of 111 to 532 rows (six splits each) under `preset = "table"` new rows were predicted as well as by the networks of a share on three, and with a loss
#' 11 % higher on one (standard error 1 %).
#'
#' `blend` names other kinds of networks, as many of each, on the same rows, with which the mean is shared: `"linear"` (no hidden layer, a penalty of 1 / n for classes and 0.0001 / n for numbers) and `"small"` (10 tanh units, 0.5 / n), both by L-BFGS; `"log"` (as the network, of the logarithm of the
#' outcome), `"plain"` (without encoding, by quartiles), `"scores"` (by normal scores). The shares, by quarters, are those of the smallest loss on the rows held back, each predicted by the network of its kind that did not train on it.
#' `fit$choice` shows them. Predictions of the logarithm are brought back by its exponential, times the factor that makes their sum right on the rows held back.
#'
#' @section Encoding:
#' `standardize = "robust"` takes the median from numeric inputs, divides them by the standard deviation that a normal distribution with their quartiles has, and clips them smoothly: z / sqrt(1 + (z / 3)^2).
#' `"quantile"` gives each value the normal score of its place among the training rows, along straight lines between 100 quantiles. Both are weighted by case weights. For `embed` see [embed_piecewise()]. All is learnt from the training rows, and done by
#' the engine as it gathers rows. `rare_levels = m` makes one level of those of a factor that fewer than m training rows have; a new level counts as that one (or, where there was none, as none of the levels), with a warning.
#'
#' `outcome_transform = "log"` learns log(y + c): c is 0 where all outcomes are positive, 1 for counts with zeros, otherwise such that the smallest outcome is as far from 0 as half its distance from the median. Of a row that only judges and is
#' so low that log(y + c) is none, it is that of the lowest which trains.
#' `clip_predictions = TRUE` holds predictions of a number to the range of the training rows, widened by a tenth on either side, but not beyond 0 where all outcomes are on one side of it.
#'
#' @section Going on:
#' `start = fit` goes on where the fit ended, with the optimizer's state: 50 and 50 more epochs give the same bits as 100,
#' shuffling and dropout included. A schedule whose length was left to be `epochs` keeps the length of the first
#' training. A fit keeps neither case weights nor an offset nor a given validation set: these are to be given again.
#'
#' `checkpoint = list(path = "fit.rds", every = 10)` stores the fit so far every 10 epochs. The file is replaced in
#' one step, when all of the new one is on the disk, so that it is whole even if the process is killed while it writes (what was
#' written by then stays beside it in a file ending in `.part`) or the disk is full (the training ends with an error of class `backprop_error_file`). `nn_train(..., start = readRDS("fit.rds"), epochs = )` goes
#' on from it, and equals the training that was not interrupted when `epochs` are those that were left.
#'
#' `restarts = k` trains from k starts, one after another (each uses the threads), whose seeds follow that of the fit, and keeps the
#' one of smallest validation loss, or of smallest loss (penalty included) on the training rows. `fit$restarts` is a data frame with
#' `seed`, `loss`, `validation_loss`, `status` and `best` of each.
#'
#' `keep_weights = k` keeps the weights after every k-th epoch in `fit$snapshots`, and those that training began with in `fit$start`; `predict(fit, new_data, epoch = )`, `nn_predict(fit, X, epoch = )`
#' and `coef(fit, epoch = )` use the snapshots, `plot(fit, type = "history")` both.
#'
#' @section Callback:
#' `callback` is called with a list after each epoch: `epoch`, `epochs` (the last one to come), `loss`, `validation_loss`, `lr`, `accuracy`,
#' `validation_accuracy` and, with `restarts`, `restart`. If it returns `FALSE`, training ends with status `"stopped"`. An error
#' in it reaches the caller unchanged, and the model so far is then available from [nn_last()]. Its warnings are given when training has ended.
#'
#' @section Sparse inputs:
#' `X` may be a `dgCMatrix` of the package Matrix, also for predictions. It is never made dense as a whole.
#'
#' @section Tables:
#' The data frame and formula methods encode factors and character columns one-hot, by the levels that training rows have;
#' ordered factors are treated as unordered, a logical column becomes one 0/1 column, a numeric matrix one for each of its columns. Date, date-time, difftime, list,
#' complex and integer64 columns are refused. With `standardize`, numeric input columns are centred and divided by
#' their standard deviation; columns of only 0 and 1 are left as they are. A numeric outcome under a
#' linear output is scaled too, which predictions undo; losses are then on the scaled outcome.
#'
#' A level that no training row has (an unused one, or one of rows that were left out) has no weights: it is treated like a new one, which makes a row's prediction
#' `NA` with a warning. So is a combination of levels in a product of factors that no training row has. An input that is constant in training has, standardised, no
#' effect on predictions. A level of the outcome that no training row has stays an output, with a warning.
#'
#' @section Formulas:
#' A formula means what it means to [lm()], on both sides: the same rows give the same design, with all levels of a factor instead of contrasts. What cannot be had is an
#' error, never another model. `vignette("formulas")` compares them point by point.
#'
#' * The left side is *one* outcome, evaluated: `log(y)`, `y^2`, `1/y`, `y1 - y2`. Several outcomes are `cbind(y1, y2)` or a matrix column. `y1 + y2`, which could be meant
#'   either way, is refused: `I(y1 + y2)` is their sum.
#' * On the right everything works that `lm()` takes, apart from `-1` and `+ 0`: units have biases. `offset()` is understood, and found in new data.
#' * What an expression takes from all rows (the moments of `scale(x)`, the knots of `ns(x, 3)`, `mean(x)` in `x - mean(x)`, the breaks of `cut(x, 3)`) keeps the values of
#'   training for new rows. Where that cannot be, as for `rank(x)`, it is refused.
#' * Functions and constants of the formula's environment travel with the fit, data do not. Predicting evaluates the formula's expressions in an environment of nothing but base R and
#'   these; so a fit, like any R object with a formula, holds code that its maker chose.
#' * `case_weights`, `offset` and `subset` may name columns of `data`.
#'
#' @section Missing values:
#' By `na_action`, in all methods:
#' * `"error"` (the default) names the columns and how many values each lacks.
#' * `"omit"` leaves rows with a missing value out, with a message; `fit$omitted` has their numbers.
#' * `"impute"` fills inputs in. A number gets the median of the training rows (weighted by case weights) and, where training rows lack it, the network an input of 0 and 1 more that
#'   says so; a factor gets a level of its own, or, where no training row lacks it, its commonest level. The same is done in prediction.
#'
#' Rows without an outcome (or an offset) are left out under `"omit"` and `"impute"`. Infinite inputs and `NaN` are errors under all three. In predictions a row
#' with a missing value is `NA`, unless the fit imputes. `na.action`, with R's own names for these, is understood. Values that a `haven_labelled` column
#' declares missing are missing.
#'
#' @section Reproducibility:
#' A fit draws one number from R's generator as its seed, so that `set.seed()` alone makes it reproducible. With `seed =`,
#' R's generator is left untouched. The results are the same bits for any number of threads.
#'
#' @section Interrupting:
#' Ctrl-C stops training at once and stops the surrounding code as usual. The model of the last finished epoch is then
#' available from [nn_last()].
#'
#' @section Errors and warnings:
#' Errors have class `backprop_error` and a class for what is wrong, such as `backprop_error_argument`,
#' `backprop_error_nonfinite_x` or `backprop_error_column_type`. When the loss stops being finite, training ends with a
#' warning of class `backprop_warning_diverged`, whose fields `epoch`, `cause` and `remedy` say what happened; the fit is then the last
#' finite model, with status `"diverged"`. What would take more memory than there is, or than `options(backprop.max_bytes = )` allows, is refused
#' with its size before it takes any (class `backprop_error_memory`).
#'
#' @param X A reader ([nn_reader()]), which has a formula and gives its rows in chunks: see [streams]. Or inputs: a numeric, integer or logical matrix with a row per sample (a vector is one column), a sparse `dgCMatrix`,
#'   or a data frame.
#' @param Y Outcome: a vector, a factor, or a matrix with a row per sample and a column per output.
#' @param formula A formula such as `y ~ .` or `log(y) ~ a + b`; several numeric outcomes as `cbind(y1, y2) ~ .`; see below.
#' @param data A data frame with the variables of `formula`. Variables that it lacks are looked for in the formula's environment, as [lm()] does.
#' @param hidden Units of each hidden layer: `3`, `c(8, 4)`; `c()` for a network without hidden layers. [nn_layers()] describes networks of layers of other kinds: embeddings of
#'   factors, residual and skip connections, normalisation, members that share weights.
#' @param epochs Number of passes over the rows. Under `start = fit` they are additional.
#' @param lr Learning rate, or `NULL` for the default of the optimizer (see below).
#' @param ... Not used. A misspelt argument is an error that names the nearest one; so is one that other packages have (`size`, `decay`, `maxit`, `weights`, ...), which
#'   names ours.
#' @param preset `"table"` or `"textbook"`: what arguments are that are not typed; see [presets].
#' @param effort How much work `preset = "table"` takes on: `"quick"` (one network), `"standard"` or `"thorough"`; see [presets] for their times.
#' @param time_limit Seconds after which the training ends with what it has, kept within a tenth. Of an ensemble these are the networks finished by then; see [presets].
#' @param activation Activation of the hidden layers: one name, or one per layer (of [nn_layers()] one per dense layer). One of your own is `activation_custom(value, derivative)`, or the
#'   plain list of these two functions; with names it goes into a list: `list("tanh", activation_custom(...))`. See [activation_custom()].
#' @param bias Whether units have biases. With `FALSE` no dense layer, embedding or output has one, and `standardize = TRUE` divides columns, and a numeric outcome, by the root of the mean of
#'   their squares without centring them. A formula that takes the intercept out (`y ~ x - 1`) means it.
#' @param family What the outcome is distributed as: a name such as `"ordinal"`, an object, or `NULL` to choose by the outcome; see [nn_family()].
#' @param output Activation of the output layer, or `NULL` to choose by the outcome.
#' @param loss Loss: a name, an object such as `loss_huber(delta = 2)`, one of your own by [loss_custom()], or `NULL` to choose by outcome and output.
#' @param optimizer A name such as `"gd"` or `"adam"`, or an object such as `opt_adam(beta1 = 0.8)`; see [optimizers].
#' @param batch_size Rows per step. More than there are means all rows.
#' @param shuffle Whether rows are reshuffled each epoch; `FALSE` takes them in order; `"shards"` has each shard (at most 16, see
#'   [nn_cluster()]) reshuffle its own rows, of which every batch has its share. Without effect on full batches.
#' @param lr_schedule A name such as `"cosine"` or an object such as `schedule_cosine(period = 50)`; see [schedules].
#' @param init How weights are drawn: a name of [nn_init()] for all layers or one per layer, output included. `NULL`: `"normal"`
#'   when all layers are sigmoid and the loss is `sse`; otherwise He-normal for layers of the relu family and Glorot-uniform for others.
#' @param start `list(weights =, biases =)` with a matrix \[inputs x units\] and a vector for each layer, on the scale of
#'   the inputs after standardising; or an earlier fit, which passes on everything that is not typed anew: settings, scaling, levels,
#'   seed and the optimizer's state. The history is continued.
#' @param restarts Number of starts to train from.
#' @param ensemble Number of networks; see below.
#' @param bootstrap Whether each network of an ensemble trains on a bootstrap sample of the rows; see below.
#' @param blend Names of other kinds of networks to blend with, or `NULL`; see below.
#' @param standardize Whether to centre and scale numeric inputs (and a numeric outcome under a linear output); `"robust"` and `"quantile"` are other ways for the inputs; see below.
#' @param embed `"piecewise"`, an object such as `embed_piecewise(bins = 16)`, or `NULL`.
#' @param rare_levels Levels of a factor with fewer training rows than this are merged; see below.
#' @param outcome_transform `"log"` to learn the logarithm of a numeric outcome; see below.
#' @param clip_predictions Whether predictions of a number stay in the range of the training rows; see below.
#' @param penalty,mixture Strength and kind of the penalty on weights; see below.
#' @param dropout Share of the units of each hidden layer that is dropped at random in each step, the others being divided by what is left;
#'   one number, or one per layer. Predictions and validation use all units.
#' @param clip_norm A step's gradient with a larger norm (over all layers) is scaled down to it.
#' @param decay_schedule,dropout_schedule How `penalty` (with AdamW's `weight_decay`) and `dropout` change: as `lr_schedule`, a name or an object, whose factor multiplies them at each step. `"plateau"` is none of them. `NULL` is constant.
#' @param validation A proportion of the rows, or rows of their own; with `bootstrap`, `"out_of_bag"`; see below.
#' @param stop_iter,tol When to stop early; see below.
#' @param stop_metric What chooses the best epoch on the validation rows; `NULL` is the loss; see below.
#' @param case_weights One number per row, 0 or more; see below. `importance_weights()` and `frequency_weights()` of hardhat are such numbers.
#' @param class_weights One number per class, with the levels as names or in their order, or `"balanced"`; see below.
#' @param offset Numbers that are added to the output before its activation: with `output = "exp"` on the log scale, such as the log of an exposure. One
#'   per row (or a matrix with a column per output, which softmax needs); of `"location_scale"` one per row is added to the mean. Predictions then need an offset too.
#' @param na_action `"error"`, `"omit"` or `"impute"`; see below.
#' @param subset Rows of `data` to use: a condition on its columns, or row numbers.
#' @param precision `"double"` or `"single"` (faster, about 7 digits).
#' @param threads Processor threads. `NULL`: `getOption("backprop.threads")`, else half the cores. The cores there are and the
#'   environment variables `OMP_THREAD_LIMIT` and `_R_CHECK_LIMIT_CORES_` are upper limits. Small jobs use one.
#' @param cluster `NULL`, or who holds the rows: a cluster object of the package parallel, or what [nn_cluster()] or [nn_mpi()] gives.
#' @param seed A whole number, or `NULL` to draw one from R's generator.
#' @param keep `"minimal"` keeps no data; `"data"` keeps them, so that [fitted()][fitted.nn_fit] and
#'   [residuals()][residuals.nn_fit] need no `data`.
#' @param keep_weights Epochs between snapshots of the weights; `NULL` keeps none.
#' @param callback A function of one argument, called after each epoch; see below.
#' @param checkpoint `list(path =, every =)`: a file, and the number of epochs between two checkpoints (1 if left out); see below.
#' @param progress `TRUE` or `FALSE`; `NULL` shows a progress bar in interactive sessions for work of more than two seconds.
#'
#' @return A list of class `nn_fit`:
#' \describe{
#'   \item{`weights`, `biases`}{a matrix \[inputs x units\] and a vector for each layer, on the scale of the standardised inputs;
#'     [coef()][coef.nn_fit] names them and can undo the scaling}
#'   \item{`history`}{data frame with a row per epoch: `epoch`, `loss` (accumulated before the updates of the epoch), `validation_loss`,
#'     `lr` and, for cross-entropies, `accuracy` and `validation_accuracy`: the share of rows whose likeliest class is right, or of
#'     outputs on the right side of one half}
#'   \item{`final_loss`, `final_objective`, `final_validation_loss`}{at the weights of the fit: the loss on the training rows, the same with
#'     the penalty, and the loss on the validation rows}
#'   \item{`settings`}{all settings as resolved}
#'   \item{`status`}{`"completed"`; `"converged"`, ended early by `stop_iter` or `lbfgs`; `"stopped"` by the callback; `"interrupted"`;
#'     `"out_of_time"`;
#'     `"diverged"`; in a file, `"checkpoint"`}
#'   \item{`seed`, `epochs_done`}{the seed, the epochs so far}
#'   \item{`rows`, `total_weight`}{how many rows trained, and the sum of their weights}
#'   \item{`rows_given`, `omitted`}{how many rows were given, and the numbers of those that missing values took out}
#'   \item{`validation_rows`, `validation_count`}{the numbers of the rows that were split off to validate; how many validated}
#'   \item{`best`, `last`, `restarts`, `snapshots`, `start`}{see the sections above; `NULL` where they do not apply}
#'   \item{`inputs`, `outcome`, `blueprint`}{what prediction needs}
#'   \item{`call`}{the call, without data}
#'   \item{`optimizer_state`, `format`, `version`}{what continuing needs; the format's number; the package's version}
#' }
#' It is a plain list: `saveRDS()` and `readRDS()` keep it, bit for bit. Its fields are to be read, not written: whatever takes a fit checks them. A fit
#' is code, as [nn_predict()] explains: read only those whose makers you trust.
#' @seealso [nn_train-recipe] for recipes, [nn_predict()], [predict.nn_fit()], [summary.nn_fit()], [plot.nn_fit()], [nn_init()], [optimizers], [schedules], [losses], [nn_tune()]
#' @examples
#' X <- matrix(c(1,0,1,0, 1,0,1,1, 0,1,0,1), nrow = 3, byrow = TRUE)
#' Y <- matrix(c(1, 1, 0))
#' set.seed(1)
#' fit <- nn_train(X, Y, hidden = 3, epochs = 5000, lr = 0.1)
#' nn_predict(fit, X)
#'
#' iris_fit <- nn_train(Species ~ ., data = iris)
#' iris_fit
#' predict(iris_fit, head(iris, 3), type = "prob")
#'
#' # One network, every setting typed:
#' one <- nn_train(Species ~ ., data = iris, preset = "textbook",
#'                 hidden = c(8, 4), activation = "tanh",
#'                 optimizer = "sgd", epochs = 100, seed = 1)
#'
#' # Going on with a fit:
#' more <- nn_train(Species ~ ., data = iris, start = one, epochs = 50)
#' nrow(more$history)
#' @export
nn_train <- function(X, ...) {
  if (missing(X)) {
    return(without_x(..., .method = nn_train.formula))
  }
  UseMethod("nn_train")
}
