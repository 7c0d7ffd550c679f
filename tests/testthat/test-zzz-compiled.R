test_that("what is compiled when the package is installed are functions that there are", {
  namespace <- asNamespace("backprop")
  found <- vapply(compiled_when_installed, exists, NA, where = namespace, mode = "function", inherits = FALSE)
  expect_identical(names(found)[!found], character())
  expect_true("resolve_specification" %in% compiled_when_installed)
})
