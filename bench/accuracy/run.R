# The accuracy bench: fits every method on every table and split that the results file lacks. See README.md.

here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)[1L]))
option <- function(name, default) {
  given <- grep(paste0("^--", name, "="), commandArgs(TRUE), value = TRUE)
  if (length(given) == 0L) default else strsplit(sub("^[^=]*=", "", given[1L]), ",", fixed = TRUE)[[1L]]
}

peers_in_python <- c("lightgbm", "xgboost", "catboost", "realmlp", "tabm", "sklearn")
long_tier <- c("realmlp-5", "lightgbm-tuned", "realmlp-logloss", "tabm-logloss")

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
again <- "--again" %in% commandArgs(TRUE)

unknown <- setdiff(methods, c(names(methods_in_r), peers_in_python, long_tier))
if (length(unknown) > 0L) stop("unknown methods: ", paste(unknown, collapse = ", "))
dir.create(dirname(results), showWarnings = FALSE, recursive = TRUE)

# The processor that times were taken on.
processor <- function() {
  lines <- tryCatch(readLines("/proc/cpuinfo"), error = function(e) character())
  name <- sub("^[^:]*: *", "", grep("^model name", lines, value = TRUE)[1L])
  if (is.na(name)) Sys.info()[["machine"]] else name
}

# Builds of the development version have one number: the sums of the files tell them apart.
backprop_version <- function() {
  place <- find.package("backprop")
  files <- file.path(place, c("libs/backprop.so", "R/backprop.rdb"))
  sums <- tempfile()
  on.exit(unlink(sums))
  writeLines(tools::md5sum(files[file.exists(files)]), sums)
  paste0(utils::packageVersion("backprop"), " build ", substr(tools::md5sum(sums), 1L, 7L))
}

package_of <- function(method) if (startsWith(method, "backprop")) "backprop" else c(linear = "glmnet", gam = "mgcv", ranger = "ranger", nnet = "nnet")[[method]]

versions_of <- function(method) {
  package <- package_of(method)
  version <- if (package == "backprop") backprop_version() else as.character(utils::packageVersion(package))
  paste0(package, " ", version, "; R ", getRversion())
}

seconds <- function(found) if (is.null(found)) NA else round(found, 3)

load_now <- function() tryCatch(as.numeric(sub(" .*", "", readLines("/proc/loadavg"))), error = function(e) NA)

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
  # Numerical libraries read the number of threads when they are loaded. R's path of libraries would give Python another one's.
  said <- suppressWarnings(system2(
    "timeout", c(patience, shQuote(c(python, file.path(here, "peers.py"), path("job.json")))), stdout = TRUE, stderr = TRUE,
    env = c("LD_LIBRARY_PATH=", paste0(c("OMP_NUM_THREADS=", "MKL_NUM_THREADS=", "OPENBLAS_NUM_THREADS="), threads))
  ))
  if (!is.null(attr(said, "status"))) {
    stop(if (attr(said, "status") == 124L) paste("more than", patience / 60, "minutes") else paste(utils::tail(said, 1L), collapse = " "))
  }
  times <- jsonlite::fromJSON(path("out.csv.json"))
  list(predicted = as.matrix(utils::read.csv(path("out.csv"), header = FALSE)), fit = times$fit, cpu = times$cpu, predict = times$predict, versions = times$versions)
}

one_line <- function(table, split, method) {
  rows <- accuracy_split(table, split)
  load <- load_now()
  train <- table$data[rows$train, , drop = FALSE]
  test <- table$data[rows$test, , drop = FALSE]
  answer <- tryCatch(
    if (method %in% names(methods_in_r)) {
      # Loaded before the clock starts, as Python's packages are.
      loadNamespace(package_of(method))
      methods_in_r[[method]](table, train, test, threads, split)
    } else {
      run_python(table, rows, method, split)
    },
    error = function(e) list(problem = gsub("[\r\n,\"]+", " ", conditionMessage(e)))
  )
  if (is.null(answer$problem) && NROW(answer$predicted) != length(rows$test)) {
    answer <- list(problem = paste("predictions for", NROW(answer$predicted), "of", length(rows$test), "rows"))
  }
  unusable <- if (is.null(answer$problem)) sum(rowSums(!is.finite(answer$predicted)) > 0L) else 0L
  if (unusable > 0L) answer <- list(problem = paste("no prediction for", unusable, "of", length(rows$test), "rows"))
  measured <- if (is.null(answer$problem)) {
    measure(table, answer$predicted, rows$test, rows$train, answer$interval)
  } else {
    data.frame(loss = NA, raw = NA, accuracy = NA, brier = NA, ece = NA, coverage = NA, width = NA)
  }
  bins <- if (is.null(answer$problem) && table$kind == "classes") {
    cbind(data.frame(table = table$name, split = split, method = method), reliability_of(table, answer$predicted, rows$test))
  }
  line <- cbind(
    data.frame(table = table$name, kind = table$kind, n = length(rows$train), p = ncol(train) - 1L, split = split, seed = split, method = method), signif(measured, 7),
    data.frame(
      fit = seconds(answer$fit), cpu = seconds(answer$cpu), predict = seconds(answer$predict), threads = threads,
      processor = processor(), load = load, versions = if (is.null(answer$versions)) tryCatch(versions_of(method), error = function(e) NA) else answer$versions, problem = if (is.null(answer$problem)) "" else substr(answer$problem, 1L, 200L)
    )
  )
  list(measured = line[columns], reliability = bins[bins$rows > 0, ])
}

write_line <- function(line, path) {
  utils::write.table(line, path, sep = ",", append = file.exists(path), col.names = !file.exists(path), row.names = FALSE, qmethod = "double")
}

columns <- c(
  "table", "kind", "n", "p", "split", "seed", "method", "loss", "raw", "accuracy", "brier", "ece", "coverage", "width", "fit", "cpu", "predict", "threads",
  "processor", "load", "versions", "problem"
)

# A file of fewer columns, as it was written before: what it lacks is unknown.
complete_columns <- function(path) {
  found <- utils::read.csv(path)
  if (identical(names(found), columns)) return(invisible())
  if (is.null(found$seed)) found$seed <- found$split
  found[setdiff(columns, names(found))] <- NA
  new <- paste0(path, ".new")
  utils::write.table(found[columns], new, sep = ",", row.names = FALSE, qmethod = "double")
  file.rename(new, path)
}
if (file.exists(results)) complete_columns(results)

# The file is read before and after each fit, so that two runs can share it. Fits with a problem are done unless tried again.
is_done <- function(table, split, method) {
  if (!file.exists(results)) return(FALSE)
  found <- utils::read.csv(results)
  found <- found[found$table == table & found$split == split & found$method == method, ]
  nrow(found) > 0L && !(again && is.na(found$loss[nrow(found)]))
}

# Tables from small to large, so that most are done early.
made <- lapply(tables, accuracy_table)
made <- made[order(vapply(made, function(table) nrow(table$data) * ncol(table$data), 0))]
for (split in splits) for (table in made) for (method in methods) {
  if (is_done(table$name, split, method)) next
  line <- one_line(table, split, method)
  if (is_done(table$name, split, method)) next
  write_line(line$measured, results)
  if (!is.null(line$reliability)) write_line(line$reliability, sub("([.]csv)?$", "-reliability.csv", results))
  cat(table$name, split, method, format(line$measured$loss, digits = 4), paste0(format(line$measured$fit), " s"), line$measured$problem, "\n")
}
