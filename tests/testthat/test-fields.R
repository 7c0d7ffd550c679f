table <- fields(
  count = whole_field(1),
  name = text_field(optional = TRUE),
  inner = nested(fields(rates = field("numbers", function(x, whole) is.numeric(x) && length(x) == whole$count)))
)
whole <- list(count = 2, name = "a", inner = list(rates = c(1, 2)))

test_that("the first field that is not what its table says is named, with its place", {
  expect_null(find_wrong(whole, table))
  expect_null(find_wrong(whole[-2], table))
  expect_identical(find_wrong(edit(whole, "name", 3), table), wrong_part("$name", "a text", 3))
  expect_identical(find_wrong(edit(whole, "count", NULL), table), wrong_part("$count", "a whole number, 1 or more", NULL))
  expect_identical(find_wrong(edit(whole, "count", 3), table), wrong_part("$inner$rates", "numbers", c(1, 2)))
  expect_identical(find_wrong(edit(whole, "inner", 1), table)$at, "$inner")
})

test_that("a name that only begins like a field is not that field", {
  expect_identical(find_wrong(list(count_of_rows = 2), table)$at, "$count")
})

test_that("elements of a list are named by their place or their name", {
  expect_null(each(list("a", "b"), is_text, "a text"))
  expect_identical(each(list("a", 2), is_text, "a text"), wrong_part("[[2]]", "a text", 2))
  expect_identical(each(list(a = "a", `b c` = 2), is_text, "a text", named = TRUE), wrong_part("$`b c`", "a text", 2))
  expect_false(each(list("a"), is_text, "a text", named = TRUE))
  expect_false(each("a", is_text, "a text"))
})

test_that("no test of a value fails on any value", {
  values <- c(never_right, list(
    NULL, NA, NaN, -1, 1e300, Inf, 1L, "a", NA_character_, character(), list(), list(1), list(a = 1), 1i, as.raw(1), factor("a"), Sys.Date(),
    quote(f(x)), quote(x), y ~ x, expression(a), matrix(0, 0, 3), array(1, c(1, 1, 1)), iris[0, ], pairlist(a = 1), "\xff", methods::new("externalptr")
  ))
  tests <- list(
    is_plain_list, is_named, is_one_number, is_whole, is_positive, is_flag, is_text, is_texts, is_expression,
    function(x) is_whole_each(x, 1), function(x) is_between(x, 0, 1), function(x) is_choice(x, "a")
  )
  for (value in values) {
    for (test in tests) expect_true(test(value) %in% c(TRUE, FALSE))
    expect_type(describe_parts(value), "character")
    expect_length(describe_value(value), 1L)
    expect_length(describe_type(value), 1L)
  }
})

test_that("what was found is told from what there should be", {
  expect_identical(describe_parts(matrix(0, 3, 4)), "a 3 x 4 matrix")
  expect_identical(describe_parts(matrix(c(0, NaN), 1)), "a 1 x 2 matrix with missing or infinite values")
  expect_identical(describe_parts(list(1, 2)), "a list of 2")
  expect_identical(describe_parts(cars), "a data frame with `speed`, `dist`")
  expect_identical(describe_parts(data.frame()), "a data frame without columns")
})
