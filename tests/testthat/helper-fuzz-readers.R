# Random calls around readers: what makes them, each kind of source, and predictions of them.

targets_of_readers <- function() {
  a_formula <- or_null(function(near) if (near) draw_one("a ~ b", ~b, NULL, 1) else draw_one(a ~ b, b ~ ., log(a) ~ b))
  common <- list(formula = a_formula, shuffle_bytes = a_positive)
  sized <- c(common, list(chunk_rows = a_count))
  of <- function(target, kinds, source, ...) {
    force(kinds)
    function() {
      arguments <- c(list(source()), draw_arguments(kinds, share = 0.7, ...))
      fuzz_draw(c("nn_reader", target, "print.nn_reader"), quote(nn_reader), arguments, holds = holds_of_reader)
    }
  }
  csv <- list(
    sep = function(near) if (near) draw_one("", ";;", NA, 1) else draw_one(",", ";"), dec = function(near) if (near) draw_one("", NA, 1) else ".",
    na = function(near) if (near) draw_one(NA, 1, NULL) else draw_one("NA", c("", "-"), character()),
    encoding = function(near) if (near) draw_one(NA, "no such encoding", 1) else draw_one("UTF-8", "latin1"),
    col_types = or_null(function(near) if (near) draw_one(c(zzz = "text"), c(a = "date"), "text", 1) else draw_one(c(a = "text"), c(b = "number")))
  )
  query <- list(query = function(near) if (near) draw_one(NA, 1, c("a", "b")) else draw_one("SELECT * FROM t", "SELECT a FROM t"))
  list(
    nn_reader_table = of("nn_reader.data.frame", sized, function() draw_from(list(small_table(), small_table()[0, ]))),
    nn_reader_function = of("nn_reader.function", common, function() draw_one(function(reset) NULL, function() NULL)),
    nn_reader_parts = of("nn_reader.list", sized, function() {
      draw_one(list(small_table(), nn_reader(small_table(), chunk_rows = 2)), list(small_table()[0, ], list(small_table())), list(small_table(), small_table()[1]), list(1), list())
    }),
    nn_reader_files = of("nn_reader.character", c(sized, csv), small_file),
    nn_reader_query = of("nn_reader.DBIConnection", c(sized, query), small_database, needed = "query"),
    nn_reader_big = of("nn_reader.big.matrix", sized, small_big_matrix),
    nn_reader_other = of("nn_reader.default", list(formula = a_formula), function() draw_one(1, NULL, NA, list(), y ~ x, matrix(1), as.name("a"))),
    nn_predict_reader = target_of_reader_prediction
  )
}

small_table <- function() data.frame(a = c(1, 2.5, NA), b = c("u", "v, w", NA))

small_file <- function() {
  file <- tempfile(fileext = ".csv")
  utils::write.csv(small_table(), file, row.names = FALSE)
  if (chance(0.2)) cat(draw_one("1\n", "\"", "1,2,3\n", "\xff,\n"), file = file, append = TRUE)
  draw_one(file, file, c(file, file), "none.csv", character(), NA_character_)
}

# One for all calls: they only read.
small_database <- local({
  con <- NULL
  function() {
    if (is.null(con)) {
      con <<- DBI::dbConnect(RSQLite::SQLite(), ":memory:")
      DBI::dbWriteTable(con, "t", small_table())
    }
    con
  }
})

small_big_matrix <- function() {
  withr::local_options(bigmemory.allow.dimnames = TRUE)
  bigmemory::as.big.matrix(matrix(1:4 / 2, 2, dimnames = if (chance(0.7)) list(NULL, c("a", "b"))))
}

# It must be readable as well, or say why not.
holds_of_reader <- function(value) {
  if (!inherits(value, "nn_reader")) {
    return("is no reader")
  }
  read <- function() {
    cursor <- open_reader(value)
    on.exit(cursor$close())
    while (!is.null(chunk <- cursor$next_chunk())) if (!is.data.frame(chunk)) return("gives no data frames")
    NULL
  }
  c(faults_of_text(value), if (value$kind != "arrow") tryCatch(read(), backprop_error = function(cnd) NULL))
}

target_of_reader_prediction <- function() {
  env <- fuzz_env()
  known <- trained(env)
  rows <- draw_rows(known$problem)
  how <- draw_how()
  kinds <- c(list(type = a_choice_of(c("response", "response", "class"))), prediction_kinds(known))
  settings <- draw_arguments(kinds, how, "offset")
  if (chance(0.6)) settings$sink <- draw_one(tempfile(fileext = ".csv"), function(predictions, first_row) NULL, "a.txt", NA, list(connection = 1, table = "a"))
  if (chance(0.4)) settings$resume <- draw_one(TRUE, FALSE, 0, 1, -1, NA, "a")
  table <- if (is.matrix(rows$X) && !is.object(rows$X) && !is.null(colnames(rows$X)) && anyDuplicated(colnames(rows$X)) == 0L) as.data.frame(rows$X) else if (is.data.frame(rows$X)) rows$X else data.frame(zzz = 1:2)
  draw <- fuzz_draw("nn_predict", quote(nn_predict), c(list(fit = known$fit, X = nn_reader(table, chunk_rows = draw_one(1, 3, 1000))), settings), env)
  draw$formula <- known$problem$first$formula
  draw$holds <- function(value) {
    if (is.null(settings$sink)) {
      if (NROW(value) != nrow(table)) "has another number of rows"
    } else if (!identical(value, as.double(nrow(table)))) "is not the number of rows"
  }
  draw
}

# A training from a reader, which gives the fit that its rows in memory give, unless it says why not.
target_of_reader_training <- function() {
  problem <- draw_problem(interface = "formula")
  settings <- draw_settings(problem, draw_how())
  if (chance(0.7)) settings$shuffle <- FALSE
  env <- fuzz_env()
  reader <- nn_reader(problem$first$data, problem$first$formula, chunk_rows = draw_one(1, 3, 1000))
  draw <- fuzz_draw(c("nn_train", "nn_train.nn_reader"), quote(nn_train), c(list(X = reader), settings), env)
  draw$formula <- problem$first$formula
  draw$may_draw <- TRUE
  before <- stream()
  draw$holds <- function(value) {
    c(faults_of_fit(value, problem), if (isFALSE(settings$shuffle) && !is.numeric(value$settings$validation)) faults_of_streaming(value, draw, problem, settings, before))
  }
  draw
}

# The same call with the rows in memory.
faults_of_streaming <- function(fit, draw, problem, settings, before) {
  settings$ensemble <- 1
  settings["blend"] <- list(NULL)
  again <- as_fuzz_call(quote(nn_train), c(problem$first, settings), draw$env)
  wanted <- tryCatch(with_stream(before, suppressMessages(suppressWarnings(eval(again, draw$env)))), backprop_error = identity)
  if (inherits(wanted, "error")) {
    return(paste("trains, and its rows in memory do not:", conditionMessage(wanted)))
  }
  parts <- setdiff(names(wanted), c("call", "seed", "settings", "data", "blueprint", "omitted"))
  different <- parts[!vapply(parts, function(part) identical(fit[[part]], wanted[[part]]), NA)]
  if (length(different) > 0L) paste("in memory has other", paste(different, collapse = ", "))
}
