# Writes R/zzz-compiled.R: the functions that R compiles itself in the calls that most sessions begin with, made five times.
# `ByteCompile: no` in DESCRIPTION leaves all others to R, which takes a moment when they are called a second time.
# usage, with the package installed: Rscript tools/dev/compiled.R R/zzz-compiled.R

library(backprop)
inputs <- matrix(c(1, 0, 1, 0, 1, 1, 0, 1, 0), 3L)
outcome <- c(1, 0, 1)
calls <- function() {
  nn_train(inputs, outcome, epochs = 10, seed = 1)
  by_matrix <- nn_train(as.matrix(iris[1:3]), iris[[4L]], hidden = c(5, 3), epochs = 5, validation = 0.2)
  by_table <- nn_train(iris[1:3], iris[[4L]], epochs = 5, seed = 1)
  by_formula <- nn_train(Species ~ ., data = iris, epochs = 5, preset = "textbook", optimizer = "adam")
  for (fit in list(by_matrix, by_table)) predict(fit, as.matrix(iris[1:3]))
  for (type in c("prob", "class")) predict(by_formula, iris, type = type)
  nn_predict(by_formula, iris)
  print(by_table)
  print(by_formula)
  print(summary(by_formula))
  coef(by_formula)
  plot(by_formula)
  print(nn_trace(inputs, outcome, iterations = 2))
}
grDevices::pdf(NULL)
options(cli.progress_show_after = Inf)
for (time in 1:5) invisible(utils::capture.output(suppressMessages(suppressWarnings(calls()))))

namespace <- asNamespace("backprop")
is_compiled <- function(name) {
  value <- get(name, namespace)
  is.function(value) && !is.primitive(value) && any(grepl("^<bytecode", utils::capture.output(print(value, useSource = FALSE))))
}
compiled <- sort(Filter(is_compiled, ls(namespace, all.names = TRUE)), method = "radix")
text <- c(
  "# Written by tools/dev/compiled.R: the functions that every session calls are compiled to byte code when the package is installed.",
  "# Byte code of all of them takes two thirds of the room of R's part; the others R compiles when they are called again.",
  "",
  "compiled_when_installed <- c(",
  paste0("  ", dQuote(compiled, FALSE), rep(c(",", ""), c(length(compiled) - 1L, 1L))),
  ")",
  "",
  "# Not where the sources are loaded as they are: there it would cost a second each time.",
  'if (Sys.getenv("R_PACKAGE_NAME") == "backprop") {',
  "  for (name in intersect(compiled_when_installed, ls())) assign(name, getExportedValue(\"compiler\", \"cmpfun\")(get(name)))",
  "  rm(name)",
  "}"
)
writeLines(text, commandArgs(TRUE)[[1L]])
