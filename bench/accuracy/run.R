# The accuracy bench: fits every method on every table and split that the results file lacks. See README.md.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1L]))
option <- function(name, default) {
  given <- grep(paste0("^--", name, "="), commandArgs(TRUE), value = TRUE)
  if (length(given) == 0L) default else strsplit(sub("^[^=]*=", "", given[1L]), ",", fixed = TRUE)[[1L]]
}

peers_in_python <- c("lightgbm", "xgboost", "catboost", "realmlp", "tabm", "sklearn")
long_tier <- c("realmlp-5", "lightgbm-tuned")

splits <- as.integer(option("splits", c("11", "12", "13")))
threads <- as.integer(option("threads", "2"))
results <- option("results", file.path(here, "results", "all.csv"))
patience <- as.numeric(option("minutes", "10")) * 60
library_path <- option("lib", NA)
if (!is.na(library_path)) .libPaths(c(library_path, .libPaths()))
for (part in c("tables", "measures", "methods")) source(file.path(here, paste0(part, ".R")))
tables <- option("tables", names(accuracy_tables))
methods <- option("methods", c(setdiff(names(methods_in_r), paste0("backprop-", names(ablations))), peers_in_python))
if (identical(methods, "ablations")) methods <- paste0("backprop-", names(ablations))
python <- Sys.getenv("BACKPROP_BENCH_PYTHON", file.path(here, ".venv", "bin", "python"))

unknown <- setdiff(methods, c(names(methods_in_r), peers_in_python, long_tier))
if (length(unknown) > 0L) stop("unknown methods: ", paste(unknown, collapse = ", "))
dir.create(dirname(results), showWarnings = FALSE, recursive = TRUE)

# The processor that times were taken on.
processor <- function() {
  lines <- tryCatch(readLines("/proc/cpuinfo"), error = function(e) character())
  name <- sub("^[^:]*: *", "", grep("^model name", lines, value = TRUE)[1L])
  if (is.na(name)) Sys.info()[["machine"]] else name
}

run_python <- function(table, rows, method, seed) {
  folder <- tempfile("peer")
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  path <- function(name) file.path(folder, name)
  inputs <- setdiff(names(table$data), table$outcome)
  data <- table$data
  for (name in inputs) {
    column <- data[[name]]
    if (is.character(column) || is.factor(column)) data[[name]] <- as.character(column) else data[[name]] <- as.double(column)
  }
  of_levels <- inputs[vapply(data[inputs], is.character, NA)]
  levels <- lapply(data[of_levels], function(column) I(sort(unique(column[!is.na(column)]))))
  utils::write.csv(data[rows$train, ], path("train.csv"), row.names = FALSE, na = "<NA>")
  utils::write.csv(data[rows$test, ], path("test.csv"), row.names = FALSE, na = "<NA>")
  job <- list(
    peer = method, train = path("train.csv"), test = path("test.csv"), outcome = table$outcome, kind = table$kind, seed = seed, threads = threads,
    levels = if (length(levels) == 0L) structure(list(), names = character()) else levels, classes = I(as.character(levels(table$data[[table$outcome]]))), out = path("out.csv")
  )
  writeLines(jsonlite::toJSON(job, auto_unbox = TRUE), path("job.json"))
  said <- suppressWarnings(system2(
    "timeout", c(patience, python, file.path(here, "peers.py"), path("job.json")), stdout = TRUE, stderr = TRUE
  ))
  if (!is.null(attr(said, "status"))) {
    stop(if (attr(said, "status") == 124L) paste("more than", patience / 60, "minutes") else paste(utils::tail(said, 1L), collapse = " "))
  }
  times <- jsonlite::fromJSON(path("out.csv.json"))
  list(predicted = as.matrix(utils::read.csv(path("out.csv"), header = FALSE)), fit = times$fit, predict = times$predict)
}

one_line <- function(table, split, method) {
  rows <- accuracy_split(table, split)
  train <- table$data[rows$train, , drop = FALSE]
  test <- table$data[rows$test, , drop = FALSE]
  answer <- tryCatch(
    if (method %in% names(methods_in_r)) {
      methods_in_r[[method]](table, train, test, threads, split)
    } else {
      run_python(table, rows, method, split)
    },
    error = function(e) list(problem = gsub("[\r\n,\"]+", " ", conditionMessage(e)))
  )
  if (is.null(answer$problem) && NROW(answer$predicted) != length(rows$test)) {
    answer <- list(problem = paste("predictions for", NROW(answer$predicted), "of", length(rows$test), "rows"))
  }
  measured <- if (is.null(answer$problem)) {
    measure(table, answer$predicted, rows$test, rows$train, answer$interval)
  } else {
    data.frame(loss = NA, raw = NA, accuracy = NA, brier = NA, ece = NA, coverage = NA, width = NA)
  }
  if (is.null(answer$problem) && table$kind == "classes") {
    bins <- cbind(data.frame(table = table$name, split = split, method = method), reliability_of(table, answer$predicted, rows$test))
    path <- sub("([.]csv)?$", "-reliability.csv", results)
    utils::write.table(bins[bins$rows > 0, ], path, sep = ",", append = file.exists(path), col.names = !file.exists(path), row.names = FALSE)
  }
  cbind(
    data.frame(table = table$name, kind = table$kind, n = length(rows$train), p = ncol(train) - 1L, split = split, method = method), signif(measured, 7),
    data.frame(
      fit = if (is.null(answer$fit)) NA else round(answer$fit, 3), predict = if (is.null(answer$predict)) NA else round(answer$predict, 3), threads = threads,
      processor = processor(), problem = if (is.null(answer$problem)) "" else substr(answer$problem, 1L, 200L)
    )
  )
}

done <- if (file.exists(results)) utils::read.csv(results)
key <- function(table, split, method) paste(table, split, method)
# Tables from small to large, so that most are done early.
made <- lapply(tables, accuracy_table)
made <- made[order(vapply(made, function(table) nrow(table$data) * ncol(table$data), 0))]
for (split in splits) for (table in made) for (method in methods) {
  if (!is.null(done) && key(table$name, split, method) %in% key(done$table, done$split, done$method)) next
  line <- one_line(table, split, method)
  utils::write.table(line, results, sep = ",", append = file.exists(results), col.names = !file.exists(results), row.names = FALSE, qmethod = "double")
  cat(table$name, split, method, format(line$loss, digits = 4), paste0(format(line$fit), " s"), line$problem, "\n")
}
