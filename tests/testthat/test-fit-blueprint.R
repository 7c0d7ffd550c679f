# A column of every type, gaps that are filled, offsets, weights, and functions that travel.
gaps <- mixed_table()
gaps$wide <- cbind(u = gaps$number, v = gaps$number^2)
gaps$day <- as.Date("2024-01-01") + gaps$whole
gaps$number[3] <- gaps$text[5] <- gaps$wide[4, 1] <- NA
shift <- function(x) x - 1
fit <- nn_train(y ~ shift(whole) + flag * group + number + text + wide + as.numeric(day) + offset(whole),
  data = gaps, case_weights = whole, epochs = 1, na_action = "impute", seed = 1, preset = "textbook"
)
by_table <- suppressMessages(nn_train(gaps[c("number", "flag", "text", "group", "wide")], gaps$y, epochs = 1, na_action = "omit", seed = 1))
by_matrix <- nn_train(as.matrix(gaps[c("number", "whole")]), gaps$y, epochs = 1, na_action = "impute", seed = 1)

refused_at <- function(fit, at, value) {
  found <- find_wrong(unclass(edit(fit, c("blueprint", at), value)), description_fields)$at
  if (is.null(found)) "accepted" else gsub("`", "", found)
}
place <- function(at) paste0("$blueprint", paste0(ifelse(vapply(at, is.numeric, NA), paste0("[[", at, "]]"), paste0("$", at)), collapse = ""))

expect_refused <- function(fit, at, table) {
  blueprint <- fit$blueprint
  for (rule in rules_of(table)) {
    where <- c(as.list(at), as.list(rule$at))
    if (is.null(field_at(blueprint, where))) next
    for (value in c(never_right, if (!rule$optional) list(NULL))) {
      found <- refused_at(fit, where, value)
      # Of what fills gaps the rest is named too: neither goes without the other.
      expect_identical(found, place(where), label = paste(place(where), "as", class(value)[1]))
    }
  }
}

test_that("every field of a blueprint is refused when it is something else or taken out, by its name", {
  expect_refused(fit, NULL, blueprint_fields$formula)
  expect_refused(by_table, NULL, blueprint_fields$data.frame)
  expect_refused(by_matrix, NULL, blueprint_fields$matrix)
})

test_that("so is every field of a column, of a variable and of a term", {
  columns <- fit$blueprint$columns
  expect_setequal(vapply(columns, function(column) column$type, ""), setdiff(names(record_fields_of_type), "any"))
  for (name in names(columns)) expect_refused(fit, c("columns", name), record_fields_of_type[[columns[[name]]$type]])
  variables <- fit$blueprint$design$variables
  expect_setequal(vapply(variables, function(variable) variable$kind, ""), names(variable_fields))
  for (i in seq_along(variables)) expect_refused(fit, list("design", "variables", i), variable_fields[[variables[[i]]$kind]])
  for (i in seq_along(fit$blueprint$design$terms)) expect_refused(fit, list("design", "terms", i), term_fields)
})

test_that("parts of a design must fit each other", {
  accepted <- function(at, value) refused_at(fit, at, value) == "accepted"
  levels <- which(vapply(fit$blueprint$design$variables, function(variable) variable$kind == "levels", NA))[1]
  expect_false(accepted(list("design", "variables", levels, "levels"), fit$blueprint$design$variables[[levels]]$levels[-1]))
  expect_false(accepted(list("design", "variables", levels, "levels"), c("a", "a")))
  expect_false(accepted(list("design", "terms", 1, "at"), 99L))
  expect_false(accepted(list("design", "terms", 1, "code"), 4L))
  expect_false(accepted(list("design", "terms"), rev(fit$blueprint$design$terms)[-1]))
  expect_false(accepted(list("design", "first"), fit$blueprint$design$first[-1]))
  expect_false(accepted(list("columns", "number", "type"), "nonsense"))
  expect_false(accepted(list("columns"), unname(fit$blueprint$columns)))
  expect_false(accepted(list("design", "variables", 1, "kind"), "levels"))
})

test_that("a table's fit without its blueprint is refused, a matrix's is whole", {
  expect_error(nn_predict(edit(by_table, "blueprint", NULL), gaps), class = "backprop_error_edited_fit")
  plain <- nn_train(article_X, article_Y, epochs = 1, seed = 1)
  expect_null(plain$blueprint)
  expect_silent(nn_predict(plain, article_X))
})
