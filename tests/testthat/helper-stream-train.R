# Rows for trainings from readers, and comparisons of what comes of them with what comes of the same rows in memory.

streamed_table <- function(n = 157) {
  set.seed(31)
  data.frame(
    y = rnorm(n), a = rnorm(n, 5), b = runif(n), flag = rep_len(c(TRUE, FALSE, FALSE), n), f = factor(sample(letters[1:4], n, TRUE)),
    s = sample(c("u", "V", "w"), n, TRUE), w = runif(n, 0.2, 2), o = rnorm(n), k = sample(c("no", "yes"), n, TRUE),
    three = factor(sample(c("x", "y", "z"), n, TRUE))
  )
}

# The fit by `formula` in memory and from readers whose chunks have `sizes` rows: but for the call they are one.
expect_same_streamed <- function(formula, ..., data = streamed_table(), sizes = 30, seed = 3, shuffle = FALSE, epochs = 4) {
  words <- as.list(substitute(list(...)))[-1L]
  common <- c(words, list(seed = seed, shuffle = shuffle, epochs = epochs))
  if (is.null(words$preset)) common <- c(common, list(preset = "textbook", hidden = 4))
  env <- parent.frame()
  train <- function(...) suppressMessages(eval(as.call(c(quote(nn_train), list(...), common)), env))
  wanted <- train(formula, data)
  for (size in sizes) {
    found <- train(nn_reader(data, formula, chunk_rows = size))
    expect_identical(found[setdiff(names(found), "call")], wanted[setdiff(names(wanted), "call")])
  }
  invisible(wanted)
}

# A reader of biglm's kind: `ask(pass, chunk, rows)` gives the rows of a chunk in a pass, which are `rows`.
asking_reader <- function(data, formula, ask, size = 40) {
  pass <- 0
  chunk <- 0
  nn_reader(function(reset) {
    if (reset) {
      pass <<- pass + 1
      chunk <<- 0
      return(invisible())
    }
    from <- chunk * size
    chunk <<- chunk + 1
    ask(pass, chunk, if (from < nrow(data)) data[seq(from + 1, min(nrow(data), from + size)), ])
  }, formula)
}
