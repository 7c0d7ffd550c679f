# Runs a playground for the browser tests. usage: Rscript playground-app.R PORT circles|iris    (R_LIBS names the package's library)

arguments <- commandArgs(TRUE)
app <- if (arguments[[2L]] == "iris") backprop::nn_playground(iris, Species ~ .) else backprop::nn_playground(arguments[[2L]])
shiny::runApp(app, port = as.integer(arguments[[1L]]), launch.browser = FALSE)
