# Makes the pages that the browser tests look at. usage: Rscript pages.R FOLDER    (R_LIBS names the package's library)

folder <- commandArgs(TRUE)[[1L]]
library(backprop)

X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
Y <- matrix(c(1, 1, 0))
start <- list(
  weights = list(
    rbind(c(0.42, 0.88, 0.55), c(0.10, 0.73, 0.68), c(0.60, 0.18, 0.47), c(0.92, 0.11, 0.52)),
    matrix(c(0.30, 0.25, 0.23))
  ),
  biases = list(c(0.46, 0.72, 0.08), 0.69)
)
article <- nn_trace(X, Y, hidden = 3, lr = 0.1, start = start)
nn_view(article, file.path(folder, "article.html"))

# As RStudio's Viewer gets it: style and script in files of their own.
htmltools::save_html(nn_view(article), file.path(folder, "viewer.html"))

deep <- nn_trace(
  Species ~ .,
  data = iris, hidden = c(4, 3), activation = c("tanh", "relu"), optimizer = "adam", batch_size = 20, iterations = 2, seed = 1
)
suppressMessages(nn_view(deep, file.path(folder, "deep.html")))

# Names that would be markup, if they were not escaped.
named <- X
colnames(named) <- c("a<b", "\"quoted\"", "<script>alert(1)</script>", "d & e")
nn_view(nn_trace(named, Y, hidden = 2, seed = 1), file.path(folder, "names.html"))

if (rmarkdown::pandoc_available()) {
  document <- file.path(folder, "knitted.Rmd")
  writeLines(c(
    "---", "title: Two traces", "output:", "  rmarkdown::html_document:", "    mathjax: null", "    theme: null", "---", "",
    "```{r}", "library(backprop)", "nn_trace(matrix(c(0, 1)), c(0, 1), hidden = 2, seed = 1)", "```", "",
    "A second one.", "",
    "```{r}", "nn_view(nn_trace(matrix(c(0, 1)), c(0, 1), hidden = 2, seed = 2))", "```"
  ), document)
  rmarkdown::render(document, quiet = TRUE)
}

exercises <- nn_exercise_set(n = 5, level = 2, seed = 8)
nn_exercise_page(exercises, file.path(folder, "exercises.html"))
nn_exercise_page(exercises, file.path(folder, "answers.html"), answers = TRUE)
