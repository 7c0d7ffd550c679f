# The page's own JavaScript, run by Node on the data of traces.

skip_without_node <- function() skip_if(!nzchar(Sys.which("node")), "no Node here")

view_limits <- function(rows = 12L, columns = 8L, iterations = 3L, digits = 4L, check = TRUE, blank = FALSE, answers = FALSE) {
  list(rows = rows, columns = columns, digits = digits, iterations = iterations, check = check, blank = blank, answers = answers)
}

# `code` sees `nn` (what the scripts offer) and `models`, those of `traces` by name, and gives a line for each result.
in_node <- function(traces, code, limits = view_limits()) {
  folder <- withr::local_tempdir()
  writeLines(json_text(lapply(traces, view_data, limits)), file.path(folder, "traces.json"))
  script <- file.path(folder, "run.js")
  writeLines(c(
    paste0("require(", js_text(vapply(c("numbers.js", "templates.js", "compute.js", "loss.js", "sums.js", "blank.js"), function(file) system.file("view", file, package = "backprop"), "")), ");"),
    "const nn = globalThis.nnView;",
    "const data = JSON.parse(require('fs').readFileSync(__dirname + '/traces.json', 'utf8'));",
    "const models = Object.fromEntries(Object.entries(data).map(([name, one]) => [name, nn.model(one)]));",
    code
  ), script)
  said <- suppressWarnings(system2("node", script, stdout = TRUE, stderr = TRUE))
  if (!is.null(attr(said, "status"))) stop(paste(utils::head(said, 30L), collapse = "\n"))
  said
}
