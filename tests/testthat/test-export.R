skip_without <- function(program) skip_if(Sys.which(program) == "", paste(program, "is not there"))

# Names of the cases whose file gives something else; constants of the tolerances are those that ?nn_export promises.
that_differ <- function(found, tolerance) {
  differences <- vapply(names(found), function(name) exported_difference(found[[name]], expected_of(export_cases()[[name]])), 0)
  names(which(!differences < tolerance))
}

# The same of the classes.
whose_classes_differ <- function(found) {
  factors <- Filter(function(case) !is.null(case$fit$outcome$levels), export_cases())
  same <- vapply(names(factors), function(name) {
    identical(
      unname(attr(found[[name]], "class_of_row")),
      as.character(suppressWarnings(nn_predict(in_double(factors[[name]]$fit), factors[[name]]$data, type = "class")))
    )
  }, NA)
  names(which(!same))
}

# exported_difference() looks at numbers alone.
plain_values <- function(found) lapply(found, function(values) structure(values, class_of_row = NULL))

expect_same_predictions <- function(found, tolerance) {
  expect_identical(that_differ(plain_values(found), tolerance), character())
  expect_identical(whose_classes_differ(found), character())
}

test_that("exported functions of R give what nn_predict() gives, and need nothing but base R", {
  skip_on_cran()
  expect_same_predictions(lapply(export_cases(), run_r), 1e-12)
})

test_that("exported functions of C compile without warnings and give what nn_predict() gives", {
  skip_on_cran()
  skip_without("gcc")
  expect_same_predictions(run_c(export_cases()), 1e-12)
})

test_that("exported functions of JavaScript give what nn_predict() gives", {
  skip_on_cran()
  skip_without("node")
  expect_same_predictions(run_js(export_cases()), 1e-12)
})

test_that("an .mjs is a module of JavaScript", {
  skip_on_cran()
  skip_without("node")
  case <- export_cases()["factors"]
  expect_lt(exported_difference(plain_values(run_js(case, ".mjs"))[[1L]], expected_of(case[[1L]])), 1e-12)
})

test_that("exported statements of SQL give what nn_predict() gives in SQLite", {
  skip_on_cran()
  skip_if_not_installed("RSQLite")
  expect_same_predictions(lapply(export_cases(), run_sql), 1e-9)
})

test_that("the smaller and the larger of a missing number and another are missing in SQL", {
  skip_if_not_installed("RSQLite")
  fit <- nn_train(mpg ~ pmin(wt, 3) + pmax(3, wt) + pmax(wt, 2.5), mtcars, preset = "textbook", hidden = c(), epochs = 3, seed = 1)
  connection <- DBI::dbConnect(RSQLite::SQLite(), ":memory:")
  withr::defer(DBI::dbDisconnect(connection))
  rows <- data.frame(wt = c(NA, 2, 4))
  DBI::dbWriteTable(connection, "data", rows)
  file <- nn_export(fit, withr::local_tempfile(fileext = ".sql"))
  made <- DBI::dbGetQuery(connection, paste(readLines(file), collapse = "\n"))
  expect_equal(made$.pred, predict(fit, rows)$.pred, tolerance = 1e-9)
})

test_that("exported functions of R give no rows for none", {
  for (embed in list(NULL, "piecewise")) {
    fit <- nn_train(mpg ~ wt + hp, mtcars, preset = "textbook", hidden = 2, epochs = 2, embed = embed, seed = 1)
    here <- new.env()
    sys.source(nn_export(fit, withr::local_tempfile(fileext = ".R")), here)
    expect_identical(nrow(here$nn_predict_row(mtcars[0, ])), 0L)
  }
})

test_that("weights of a large network are columns of tables in SQL, and give the same", {
  skip_on_cran()
  skip_if_not_installed("RSQLite")
  d <- layers_table()
  case <- list(fit = nn_train(y ~ x + z, d, preset = "textbook", hidden = c(90, 60), activation = "tanh", epochs = 1, seed = 1), data = d[1:5, ])
  expect_lt(exported_difference(structure(run_sql(case), class_of_row = NULL), expected_of(case)), 1e-9)
  expect_match(paste(readLines(nn_export(case$fit, withr::local_tempfile(fileext = ".sql"))), collapse = "\n"), "CROSS JOIN n5")
})

# Columns, levels and outcomes that would end a text, a comment, a name or a statement.
hostile_case <- function(outcome) {
  texts <- c(
    "a\"b", "it's", "*/ int x; /*", "line\nbreak", "back\\slash", "\u00e9\u4e2d\U0001f600", "'; DROP TABLE data; --", "`${1+1}`", "</script>", "??/", "%s%d", "\\U{41}",
    "NULL", "NA", "(missing)", "if", "\u202e"
  )
  withr::with_seed(1, {
    d <- data.frame(rnorm(60), rnorm(60), factor(sample(texts, 60, TRUE), levels = texts), sample(c("", texts[1:6]), 60, TRUE), rnorm(60) > 0)
    names(d) <- c("x\"'; DROP--", "*/ \\\n?", "f/*'\"", "__proto__", "while")
    y <- switch(outcome, factor = factor(sample(texts[1:10], 60, TRUE), levels = texts[1:10]), numbers = matrix(rnorm(120), 60, dimnames = list(NULL, c("o'\"*/\n", "\\"))))
  })
  new <- d[1:20, ]
  new[1, 3] <- NA
  new[2, 4] <- "new'"
  new[3, 1] <- NA
  list(fit = nn_train(d, y, preset = "textbook", hidden = 2, epochs = 2, seed = 1, na_action = if (outcome == "factor") "impute" else "omit"), data = new)
}

test_that("names and levels of any kind are values in every language, and no code", {
  skip_on_cran()
  cases <- list(factor = hostile_case("factor"), numbers = hostile_case("numbers"))
  expected <- lapply(cases, expected_of)
  agree <- function(found) max(mapply(exported_difference, plain_values(found), expected))
  expect_lt(agree(lapply(cases, run_r)), 1e-12)
  if (Sys.which("gcc") != "") expect_lt(agree(run_c(cases)), 1e-12)
  if (Sys.which("node") != "") expect_lt(agree(run_js(cases)), 1e-12)
  if (requireNamespace("RSQLite", quietly = TRUE)) expect_lt(agree(lapply(cases, run_sql)), 1e-9)
})

test_that("files say what they are made from, what goes in and what comes out", {
  fit <- nn_train(Species ~ Sepal.Length + log(Petal.Width), iris, preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  head_of <- function(ending, marked) {
    lines <- readLines(nn_export(fit, withr::local_tempfile(fileext = ending), name = "species"))
    sub("backprop [0-9.]+", "backprop <version>", lines[cumsum(!grepl(marked, lines)) == 0])
  }
  expect_snapshot({
    writeLines(head_of(".c", "^(/[*]| [*])"))
    writeLines(head_of(".R", "^#"))
    writeLines(head_of(".js", "^//"))
    writeLines(head_of(".sql", "^--"))
  })
})

test_that("a small model reads as a person would write it", {
  fit <- nn_train(dist ~ speed, cars, preset = "textbook", hidden = c(), epochs = 0, seed = 1)
  fit$weights[[1L]][] <- 0.5
  written <- function(ending, ...) {
    lines <- readLines(nn_export(fit, withr::local_tempfile(fileext = ending), name = "stop_distance", ...))
    lines[!grepl("^(--|//)", lines)]
  }
  expect_snapshot({
    writeLines(written(".sql"))
    writeLines(written(".sql", dialect = "postgresql", table = c("public", "cars"), key = "id"))
    writeLines(written(".js"))
  })
})

test_that("the path is returned invisibly, and the language is read from its ending or said", {
  fit <- nn_train(dist ~ speed, cars, preset = "textbook", hidden = c(), epochs = 1, seed = 1)
  path <- withr::local_tempfile(fileext = ".txt")
  expect_identical(withVisible(nn_export(fit, path, "SQL")), list(value = path, visible = FALSE))
  expect_match(readLines(path)[1L], "^-- ")
  upper <- withr::local_tempfile(fileext = ".R")
  expect_match(readLines(nn_export(fit, upper))[1L], "^# ")
})

test_that("a column that is missing, or of another type, is an error in R and JavaScript", {
  fit <- nn_train(y ~ x + city, layers_table(), preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  env <- new.env()
  sys.source(nn_export(fit, withr::local_tempfile(fileext = ".R"), name = "by_city"), env)
  expect_error(env$by_city(data.frame(x = 1)), "columns are missing: city", fixed = TRUE)
  expect_error(env$by_city(data.frame(x = "1", city = "ams")), "column x must be numeric or logical", fixed = TRUE)
  expect_error(env$by_city(data.frame(x = 1, city = 2)), "column city must be a text or a factor", fixed = TRUE)
  expect_identical(dim(env$by_city(data.frame(x = numeric(), city = character()))), c(0L, 1L))
  skip_without("node")
  file <- nn_export(fit, withr::local_tempfile(fileext = ".cjs"), name = "by_city")
  said <- function(row) {
    script <- withr::local_tempfile(fileext = ".cjs")
    writeLines(paste0("const f = require(", js_text(file), "); try { console.log(f(", row, ")); } catch (e) { console.log(e.message); }"), script)
    system2("node", script, stdout = TRUE)
  }
  expect_identical(said("{x: 1}"), "the column \"city\" is missing")
  expect_identical(said("{x: \"1\", city: \"ams\"}"), "a number is wanted, not \"1\"")
  expect_identical(said("{x: 1, city: 2}"), "a text is wanted, not 2")
  expect_identical(said("{x: null, city: \"ams\"}"), "{ '.pred': null }")
})

test_that("what cannot be exported is an error that says how to mend it, and nothing is written", {
  fit <- nn_train(dist ~ speed, cars, preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  path <- file.path(withr::local_tempdir(), "f.c")
  own <- nn_train(dist ~ speed, cars, preset = "textbook", hidden = 2, activation = activation_custom(function(z) z, function(z) 1 + 0 * z), epochs = 1, seed = 1)
  times <- nn_train(survival::Surv(time, status) ~ age, survival::lung[1:50, ], preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  wide <- nn_train(dist ~ speed, cars, preset = "textbook", hidden = 1600, epochs = 0, seed = 1)
  sqrt_of_sorted <- function(x) x^1.5
  said <- nn_train(dist ~ sqrt_of_sorted(speed), cars, preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  halves <- nn_train(dist ~ factor(speed / 4), cars, preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  day <- nn_train(dist ~ as.numeric(day), transform(cars, day = as.Date("2020-01-01") + speed), preset = "textbook", hidden = 2, epochs = 1, seed = 1)
  expect_snapshot(error = TRUE, nn_export())
  expect_snapshot(error = TRUE, nn_export(fit))
  expect_snapshot(error = TRUE, nn_export(1, path))
  expect_snapshot(error = TRUE, nn_export(fit, NA))
  expect_snapshot(error = TRUE, nn_export(fit, "/nowhere/at/all/f.c"))
  expect_snapshot(error = TRUE, nn_export(fit, "f.py"))
  expect_snapshot(error = TRUE, nn_export(fit, "f.c", language = "java"))
  expect_snapshot(error = TRUE, nn_export(fit, path, nmae = "x"))
  expect_snapshot(error = TRUE, nn_export(fit, path, name = "a b"))
  expect_snapshot(error = TRUE, nn_export(fit, path, name = "exp"))
  expect_snapshot(error = TRUE, nn_export(fit, "f.sql", dialect = "oracle"))
  expect_snapshot(error = TRUE, nn_export(fit, "f.sql", table = 1))
  expect_snapshot(error = TRUE, nn_export(fit, "f.sql", key = ""))
  expect_snapshot(error = TRUE, nn_export(own, path))
  expect_snapshot(error = TRUE, nn_export(times, path))
  expect_snapshot(error = TRUE, nn_export(wide, "f.sql"))
  expect_snapshot(error = TRUE, nn_export(said, path))
  expect_snapshot(error = TRUE, nn_export(halves, path))
  expect_snapshot(error = TRUE, nn_export(day, path))
  expect_false(file.exists(path))
  expect_false(file.exists("f.sql"))
})
