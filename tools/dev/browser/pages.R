# Makes the pages that the browser tests look at. usage: Rscript pages.R FOLDER    (R_LIBS names the package's library)

folder <- commandArgs(TRUE)[[1L]]
library(backprop)
save_page <- function(trace, name, ...) suppressMessages(nn_view(trace, file.path(folder, paste0(name, ".html")), ...))

X <- matrix(c(1, 0, 1, 0, 1, 0, 1, 1, 0, 1, 0, 1), nrow = 3, byrow = TRUE)
Y <- matrix(c(1, 1, 0))
weights <- list(
  rbind(c(0.42, 0.88, 0.55), c(0.10, 0.73, 0.68), c(0.60, 0.18, 0.47), c(0.92, 0.11, 0.52)),
  matrix(c(0.30, 0.25, 0.23))
)
article_with <- function(X, Y, weights, lr = 0.1, iterations = 1) {
  nn_trace(X, Y, hidden = 3, output = "sigmoid", lr = lr, start = list(weights = weights, biases = list(c(0.46, 0.72, 0.08), 0.69)), iterations = iterations)
}
article <- article_with(X, Y, weights)
save_page(article, "article")
save_page(article_with(X, Y, weights, iterations = 20), "twenty", iterations = 20)

# What the engine says where the page is made to compute: a weight, an input, a target and the rate changed.
other <- weights
other[[1L]][2, 1] <- -2.5
changed <- article_with(replace(X, 5, 0.25), replace(Y, 3, 0.5), other, lr = 0.5, iterations = 20)
numbers <- function(x) paste0("[", paste(sprintf("%.17g", x), collapse = ","), "]")
results <- vapply(as.list(changed), function(step) numbers(step$result), "")
losses <- changed[["iterations"]]
writeLines(paste0(
  "{\"results\":[", paste(results, collapse = ","), "],\"before\":", numbers(losses$loss_before), ",\"after\":", numbers(losses$loss_after), "}"
), file.path(folder, "changed.json"))

# As RStudio's Viewer gets it: style and scripts in files of their own.
htmltools::save_html(nn_view(article), file.path(folder, "viewer.html"))

deep <- nn_trace(
  Species ~ .,
  data = iris, hidden = c(14, 3), activation = c("tanh", "relu"), optimizer = "adam", batch_size = 20, iterations = 3, seed = 1
)
save_page(deep, "deep", iterations = 2)

# Names that would be markup, if they were not escaped, and names that are long.
named <- X
colnames(named) <- c("a<b", "\"quoted\"", "</script><script>alert(1)</script>", strrep("long ", 12))
save_page(nn_trace(named, Y, hidden = 2, seed = 1), "names")

save_page(nn_trace(X, Y, hidden = 3, seed = 1, activation = activation_custom(function(z) z^2, function(z) 2 * z)), "custom")
save_page(article, "blank", blank = TRUE)
save_page(article, "answers", blank = TRUE, answers = TRUE)

# In a document with slides beneath that listen to keys, into which two pages come late and scripts come twice.
page <- as.character(nn_view(article))
assets <- file.path(system.file("view", package = "backprop"))
scripts <- unlist(lapply(backprop:::view_scripts, function(file) c("<script>", readLines(file.path(assets, file), encoding = "UTF-8"), "</script>")))
writeLines(c(
  "<!DOCTYPE html>", "<html lang=\"en\" data-bs-theme=\"light\">", "<head>", "<meta charset=\"utf-8\">", "<title>Late</title>",
  "<link rel=\"icon\" href=\"data:,\">", "<style>", readLines(file.path(assets, "view.css"), encoding = "UTF-8"),
  "body { background: #fff; } [data-bs-theme=dark] body { background: #111; }", "</style>", scripts, scripts, "</head>",
  "<body>", "<h1>A deck</h1>", "<div id=\"here\"></div>", "<template id=\"page\">", page, "</template>",
  "<script>",
  "window.turned = 0;",
  "document.addEventListener('keydown', function (event) { if (/^Arrow|^ $|Home|End/.test(event.key)) window.turned += 1; });",
  "window.insert = function () {",
  "  var box = document.createElement('div');",
  "  box.innerHTML = document.getElementById('page').innerHTML;",
  "  document.getElementById('here').appendChild(box);",
  "};",
  "</script>", "</body>", "</html>"
), file.path(folder, "late.html"), useBytes = TRUE)

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

# Ten rows and two weights, and what the page's table must say at some places of the slider.
ten <- cbind(
  x1 = c(0.5, 1, 1.5, 2, -1, -0.5, -1.5, 0.2, -0.8, 1.2), x2 = c(1, -0.5, 0.3, 1.2, -1, 0.8, -0.2, -1.4, 0.6, -0.9)
)
path <- nn_path(ten, c(0.1, 1.9, 1.4, 1, -0.5, -1.3, -1.5, 1.5, -1.2, 2.2), hidden = c(), bias = FALSE, lr = 0.1, epochs = 10, seed = 1)
nn_animate(path, file.path(folder, "path.html"))
page <- readLines(file.path(folder, "path.html"), encoding = "UTF-8")
wanted <- subset(path$paths, iteration %in% c(0, 3, 7))
wanted <- sprintf('{"place": %d, "way": %d, "loss": %s, "x": %s}', wanted$iteration, as.integer(wanted$method) - 1L, signif(wanted$loss, 4), signif(wanted$x, 4))
data <- paste0('<script type="application/json" id="wanted">[', paste(wanted, collapse = ","), "]</script>")
writeLines(sub("</body>", paste0(data, "</body>"), page, fixed = TRUE), file.path(folder, "path.html"), useBytes = TRUE)

kept <- nn_train(Species ~ Petal.Length + Petal.Width, data = iris, preset = "textbook", hidden = 3, epochs = 10, keep_weights = 2, seed = 1)
nn_animate(kept, file.path(folder, "frames.html"), data = iris)

late <- as.character(nn_animate(path))
assets <- system.file("view", package = "backprop")
writeLines(c(
  '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Late</title>',
  "<style>", readLines(file.path(assets, "animate.css")), "</style></head><body>", '<div id="here"></div><template id="late">', late, "</template>",
  "<script>", readLines(file.path(assets, "animate.js")), "</script></body></html>"
), file.path(folder, "empty.html"), useBytes = TRUE)

# As knitted documents have it: the script in the head, and a body long enough to be read in parts.
writeLines(c(
  '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><link rel="icon" href="data:,"><title>Early</title>',
  "<style>", readLines(file.path(assets, "animate.css")), "</style>", "<script>", readLines(file.path(assets, "animate.js")), "</script></head><body>",
  as.character(nn_animate(kept, data = iris)), late, "</body></html>"
), file.path(folder, "early.html"), useBytes = TRUE)
