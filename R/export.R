# A fit written as a function of another language, that predicts without R.

#' Write a fit as a stand-alone function
#'
#' `nn_export()` writes how a model predicts into one file that depends on nothing: not on this package and, but for `"r"`, not on R. What the file computes is all that
#' [nn_predict()] does, from the columns of your data on: filling of gaps, factors, the terms of a formula, scaling, every network of an ensemble,
#' the way back to the scale of the outcome, and the calibration of [nn_calibrate()]. Each file begins with comments that say what it was made from, what goes in and what comes out.
#'
#' @section Languages:
#' | `language` | endings | what the file has |
#' |---|---|---|
#' | `"c"` | `.c`, `.h` | C99 that needs nothing but `math.h`: `int NAME(const NAME_input *row, double *out)`, for a fit of a matrix `int NAME(const double *x, double *out)`. It answers 1, or 0 where there is no prediction (`out` is `NAN` then). A missing number is `NAN`, a missing text a null pointer; texts are UTF-8. Of a factor `NAME_class(out)` is the place of the likeliest level in `NAME_classes`. |
#' | `"r"` | `.R`, `.r` | a function of base R: `NAME(new_data)` gives a data frame |
#' | `"js"` | `.js`, `.cjs`, `.mjs` | a function of JavaScript: `NAME(row)` takes an object with a property for each column (for a fit of a matrix an array), and gives an object. An `.mjs` is an ES module; the others are for `require()`, for `import` in Node and for a `<script>`. What is missing is `null`. |
#' | `"sql"` | `.sql` | a `SELECT` with common table expressions, one for each layer: it gives the columns that the model reads (or those named in `key`) and the predictions, a row for each row of `table`. `NULL` where there is no prediction. |
#' | `"onnx"` | `.onnx` | one graph for runtimes such as onnxruntime, see the section ONNX |
#'
#' The outputs have the names that [predict()][predict.nn_fit] gives them: `.pred`, or `.pred_<name>` for several; of a factor `.pred_<level>` for the
#' probability of every level, and (but in C) `.pred_class`.
#'
#' @section How exact it is:
#' All languages compute in double precision; weights are written with 17 digits, which are the numbers themselves. With a fit of `precision = "double"`, C, R and JavaScript differ from
#' [nn_predict()] by rounding: less than 1e-12 times (1 + |prediction|). SQL, whose databases have fewer functions, is held to 1e-9. A fit of
#' `precision = "single"` (of `preset = "table"`) computes in single precision in R and in double precision elsewhere; predictions then differ by what single
#' precision loses, as a rule about 1e-6 of their size.
#'
#' Of a calibrated fit the calibrated probabilities are held to the same, but where an isotonic curve is steep: what probabilities differ by in their last digits it
#' makes as much larger as it rises.
#'
#' Rows are `NA` where they are with [nn_predict()]: where an input is missing and is not filled in, is infinite, or is a level that training did not have. In C and SQL, which do not tell
#' the two apart, a number that is `NaN` counts as missing. In SQL a number on the way that is beyond 1.8e308 is `NULL`, and so is the prediction.
#'
#' @section Formulas:
#' Of a formula, arithmetic on columns, comparisons, `ifelse()`, `log()`, `exp()`, `sqrt()`, the trigonometric and hyperbolic functions, `abs()`, `floor()`, `pmin()`, `pmax()`, `is.na()`, `%in%`, `I()`, `factor()` of texts and whole numbers, `cut()`,
#' `poly()`, `splines::ns()`, `splines::bs()`, `scale()` and interactions of all of these are written. Others are an error that names the expression: compute it as a column
#' of the data first, or train on what [stats::model.matrix()] makes of it. `x %% y` is R's for numbers up to 9e15 (2^53); beyond, where doubles lack some whole numbers, R computes with more digits than
#' the other languages have, and the remainders may be different ones (0 in SQL, for one).
#'
#' @section SQL:
#' The statement needs `EXP()`, and by the activations and the formula `LN()` (of SQLite `LOG()`), `SQRT()`, `COS()`, `SIN()` and the like. SQLite has them where it was built with its
#' math functions (`SQLITE_ENABLE_MATH_FUNCTIONS`), as the package RSQLite and the common command line are; `SELECT exp(1)` tells. `dialect` says which database it is for:
#' `"sqlite"`, `"duckdb"`, `"postgresql"`, or `"standard"`, which leaves out all that is not in the standard. The first three write `AS MATERIALIZED`, without
#' which a database may compute each layer anew for each unit of the next. Databases have limits on what a statement may be: more than 1,500 columns at once, or more
#' than 500,000 weights, are an error. `floor()`, `%/%` and `%%` of a formula are those of the database, whose whole numbers may end at 9.2e18.
#' @param fit A model from [nn_train()]: a network or an ensemble.
#' @param path The file to write. An existing one is replaced, whole or not at all.
#' @param language One of the table; `NULL`: by the ending of `path`.
#' @param ... Not used, and anything here is an error.
#' @param name The name of the function: letters, digits and underscores.
#' @param table For SQL, the table that has the rows: a name, or a schema and a name, as the database knows them.
#' @param key For SQL, names of the columns of `table` that are given beside the predictions; `NULL`: those that the model reads.
#' @param dialect For SQL, the database.
#' @return `path`, invisibly.
#' @section Errors:
#' A path that cannot be written is an error of class `backprop_error_file`; an unknown language or dialect, of class `backprop_error_choice`; what has no answer in the language (an
#' activation that is an R function, predictions that are curves of survival, a fit by recipe, an expression that cannot be said, a network that is too large for SQL), of class
#' `backprop_error_export`. Nothing is written then.
#' @examples
#' fit <- nn_train(mpg ~ log(wt) + factor(cyl), data = mtcars, preset = "textbook",
#'                 hidden = 3, activation = "tanh", optimizer = "lbfgs", epochs = 50, seed = 1)
#' file <- nn_export(fit, tempfile(fileext = ".R"), name = "predict_mpg")
#' source(file)
#' predict_mpg(head(mtcars))
#' nn_predict(fit, head(mtcars))
#'
#' # The same in C, as a text:
#' head(readLines(nn_export(fit, tempfile(fileext = ".c"))), 20)
#' unlink(file)
#' @seealso [nn_predict()], [nn_import()], [nn_calibrate()]
#' @export
nn_export <- function(fit, path, language = NULL, ..., name = "nn_predict_row", table = "data", key = NULL, dialect = "sqlite") {
  call <- quote(nn_export())
  fit <- check_fit_given(fit, call, c("description", "weights"))
  if (missing(path) || !is_path(path)) {
    stop_argument("path", "the name of a file", if (missing(path)) NULL else path, call = call)
  }
  language <- language_of(language, path, call)
  if (language == "onnx") {
    export_onnx(fit, path, ...)
    return(invisible(path))
  }
  refuse_dots(..., known = c("fit", "path", "language", "name", "table", "key", "dialect"), call = call)
  plan <- export_plan(fit, call)
  options <- list(
    name = check_export_name(name, call), module = grepl("[.]mjs$", path, ignore.case = TRUE), table = table, key = key, dialect = dialect, call = call
  )
  text <- export_languages[[language]]$write(plan, options)
  write_file(path, charToRaw(enc2utf8(paste0(text, "\n"))), call = call)
  invisible(path)
}

# What a file may be, by the name of its language: the endings that say so, and what makes a text of a plan. A network as ONNX is not made of text.
export_languages <- list(
  c = list(endings = c("c", "h"), write = function(plan, options) export_c(plan, options)),
  js = list(endings = c("js", "mjs", "cjs"), write = function(plan, options) export_js(plan, options)),
  onnx = list(endings = "onnx"),
  r = list(endings = "r", write = function(plan, options) export_r(plan, options)),
  sql = list(endings = "sql", write = function(plan, options) export_sql(plan, options))
)

language_of <- function(language, path, call) {
  if (!is.null(language)) {
    return(check_choice(if (is_text(language)) tolower(language) else language, "language", names(export_languages), call))
  }
  ending <- sub("^.*[.]", "", basename(path), useBytes = TRUE)
  if (validUTF8(ending)) ending <- tolower(ending)
  found <- names(export_languages)[vapply(export_languages, function(one) ending %in% one$endings, NA)]
  if (length(found) == 0L) {
    endings <- paste0(".", unlist(lapply(export_languages, function(one) one$endings), use.names = FALSE))
    stop_backprop("choice", c(
      "The ending of {quote_each(path)} does not say which language it is to be.",
      i = "Give {.arg language}: one of {.or {.val {names(export_languages)}}}; or end the name by one of {.or {.val {endings}}}."
    ), call = call)
  }
  found
}

# A name that is one in every language, and none that the file itself needs.
check_export_name <- function(name, call) {
  if (!is_text(name) || !grepl("^[A-Za-z][A-Za-z0-9_]*$", name)) {
    stop_argument("name", "a name of letters, digits and underscores that begins with a letter", name, call = call)
  }
  taken <- c(c_keywords, js_keywords, r_keywords, "x", "row", "out", "given", "columns", "outputs", "classes")
  taken <- c(taken, names(exported_functions("functions.js")))
  if (name %in% taken || grepl("^(bp_|[sv][0-9])", name) || exists(name, baseenv(), inherits = FALSE)) {
    stop_backprop("argument", c(
      "{.arg name} is {.val {name}}, which means something else in R, C or JavaScript, or in the file itself.",
      i = "A longer one does, such as {.val predict_{name}}."
    ), call = call)
  }
  name
}

js_keywords <- c(
  "await", "class", "catch", "debugger", "delete", "export", "extends", "finally", "function", "import", "instanceof", "let", "new", "super", "this", "throw", "try",
  "typeof", "var", "with", "yield", "null", "true", "false", "undefined", "arguments", "eval", "module", "root", "Math", "Number", "Map", "Array"
)

r_keywords <- c("TRUE", "FALSE", "NULL", "NA", "Inf", "NaN", "function", "repeat", "next", "break", "in", "local")
