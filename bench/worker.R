# Runs one workload with one R peer in this process: Rscript worker.R PEER FOLDER THREADS
# Prints a line per precision: precision, seconds of the median call, calls, loss on the training rows.
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
source(file.path(here, "workloads.R"))
source(file.path(here, "base_r.R"))
arguments <- commandArgs(TRUE)
peer <- arguments[1]
w <- readRDS(file.path(arguments[2], "workload.rds"))
threads <- as.integer(arguments[3])
hidden <- w$layers[-c(1, length(w$layers))]
predicts <- w$optimizer == "none"

# A peer is a list: `fit(epochs)` is what is timed, `predict(model)` gives predictions of the training rows;
# for the prediction workload `model()` gives a model and `predict(model)` is timed.
backprop_peer <- function(precision) {
  train <- function(epochs) backprop::nn_train(w$x, w$y, hidden = hidden, epochs = epochs, lr = if (predicts) 0.1 else w$lr,
    activation = w$activation, output = w$output, loss = w$loss, optimizer = if (predicts) "gd" else w$optimizer,
    batch_size = if (w$batch < w$rows) w$batch, start = list(weights = w$weights, biases = w$biases),
    precision = precision, threads = threads, seed = 1)
  list(fit = train, model = function() train(0), predict = function(model) backprop::nn_predict(model, w$x, threads = threads))
}
base_r_peer <- function(precision) {
  fit <- function(epochs) {
    w$epochs <- epochs
    if (w$name == "W1") base_r_textbook(w$x, w$y, w$weights, w$biases, epochs, w$lr) else base_r_train(w)
  }
  last <- length(w$layers)
  list(fit = fit, model = function() w[c("weights", "biases")],
       predict = function(model) base_r_forward(w, model$weights, model$biases, w$x)[[last]])
}

nnet_peer <- function(precision) {
  start <- unlist(Map(function(weights, bias) rbind(bias, weights), w$weights, w$biases))
  # Without a touch of decay it would reach a loss of 1e-16 on W2, and stop, long before its iterations are made.
  fit <- function(epochs) nnet::nnet(w$x, w$y, decay = if (w$name == "W2") 1e-6 else 0, size = if (predicts) 64 else hidden, Wts = if (!predicts) start, maxit = epochs,
    abstol = 0, reltol = 0, softmax = w$output == "softmax", entropy = w$output == "sigmoid", linout = w$output == "linear",
    MaxNWts = 1e6, trace = FALSE)
  small <- function() { rows <- seq_len(100); nnet::nnet(w$x[rows, ], w$y[rows, ], size = 64, maxit = 1, MaxNWts = 1e6, trace = FALSE) }
  list(fit = fit, model = small, predict = function(model) predict(model, w$x))
}

rsnns_peer <- function(precision) {
  rule <- if (w$batch == 1) "Std_Backpropagation" else "BackpropBatch"
  # The rate of its batch rule is per row, and its error is not halved.
  fit <- function(epochs) RSNNS::mlp(w$x, w$y, size = hidden, maxit = epochs, learnFunc = rule,
    learnFuncParams = c(if (w$batch == 1) w$lr else w$lr / w$rows, 0), linOut = FALSE, shufflePatterns = w$batch == 1)
  list(fit = fit, predict = function(model) predict(model, w$x))
}

neuralnet_peer <- function(precision) {
  data <- data.frame(w$x, y = w$y)
  fit <- function(epochs) suppressWarnings(neuralnet::neuralnet(y ~ ., data, hidden = hidden, stepmax = epochs, threshold = 1e-9,
    algorithm = "backprop", learningrate = w$lr, linear.output = FALSE, startweights = Map(rbind, w$biases, w$weights)))
  list(fit = fit, predict = function(model) stop("it stopped before it converged"))
}

deepnet_peer <- function(precision) {
  fit <- function(epochs) {
    sink(nullfile())
    on.exit(sink())
    deepnet::nn.train(w$x, w$y, hidden = hidden, activationfun = "sigm", learningrate = w$lr, momentum = 0, numepochs = epochs,
      batchsize = w$batch, output = switch(w$output, sigmoid = "sigm", w$output))
  }
  list(fit = fit, predict = function(model) deepnet::nn.predict(model, w$x))
}

ann2_peer <- function(precision) {
  y <- if (w$output == "softmax") max.col(w$y) else as.vector(w$y)
  fit <- function(epochs) ANN2::neuralnetwork(w$x, y, hidden.layers = hidden, regression = w$output == "linear", standardize = FALSE,
    loss.type = if (w$output == "linear") "squared" else "log", activ.functions = w$activation, optim.type = if (w$optimizer == "adam") "adam" else "sgd",
    learn.rates = w$lr, sgd.momentum = 0, L2 = 0, n.epochs = epochs, batch.size = w$batch, val.prop = 0, verbose = FALSE, random.seed = 1)
  list(fit = fit, predict = function(model) {
    p <- predict(model, w$x)
    if (w$output == "softmax") p$probabilities else if (w$output == "sigmoid") p$probabilities[, 2] else p$predictions
  })
}

make <- list(backprop = backprop_peer, `base R` = base_r_peer, nnet = nnet_peer, RSNNS = rsnns_peer, neuralnet = neuralnet_peer,
             deepnet = deepnet_peer, ANN2 = ann2_peer)[[peer]]

# Calls are repeated for 2 s; what counts is the median call. The first ones of a process are slower for
# everybody: its memory has to be found first.
timed <- function(call) {
  times <- c()
  while (length(times) == 0 || (sum(times) < 2 && length(times) < 100)) {
    from <- Sys.time()
    value <- call()
    times <- c(times, as.numeric(difftime(Sys.time(), from, units = "secs")))
  }
  list(seconds = median(times), calls = length(times), value = value)
}

for (precision in if (peer == "backprop") w$precisions else "double") {
  if (precision == "double" && !"double" %in% w$precisions) next
  p <- make(precision)
  set.seed(1)
  if (predicts) {
    model <- p$model()
    result <- timed(function() p$predict(model))
    predicted <- result$value
  } else {
    if (w$rows * sum(w$layers) < 1e7) invisible(p$fit(min(2, w$epochs))) # R compiles what is called a second time
    if (peer == "backprop") invisible(p$fit(1))
    result <- timed(function() p$fit(w$epochs))
    predicted <- tryCatch(p$predict(result$value), error = function(e) NULL)
  }
  loss <- if (is.null(predicted) || length(predicted) != length(w$y)) NA else loss_of(w, predicted)
  cat(precision, format(result$seconds, digits = 6), result$calls, format(loss, digits = 8), "\n")
}
