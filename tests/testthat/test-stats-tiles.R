# A symmetric matrix of several tiles, with eigenvalues from about 0.1 on.
symmetric <- function(n = 300) {
  withr::with_seed(1, crossprod(matrix(stats::rnorm(n * n), n)) / n + diag(0.1, n))
}

test_that("products, factors and inverses by blocks are those of the whole", {
  a <- symmetric()
  wide <- withr::with_seed(2, matrix(stats::rnorm(300 * 1000), 300))
  expect_equal(multiply(a, wide), a %*% wide, tolerance = 1e-13)
  factor <- cholesky(a)
  expect_equal(factor[upper.tri(factor, TRUE)], chol(a)[upper.tri(a, TRUE)], tolerance = 1e-12)
  expect_equal(solve_factored(factor, diag(300)), solve(a), tolerance = 1e-10)
  expect_equal(solve_factored(chol(a[1:2, 1:2]), diag(2)), solve(a[1:2, 1:2]))
})

test_that("a matrix that is not positive definite has no factor, in whatever tile that shows", {
  a <- symmetric()
  for (place in c(1, 150, 300)) {
    b <- a
    b[place, place] <- -1
    expect_null(cholesky(b))
  }
  smallest <- min(eigen(a, symmetric = TRUE, only.values = TRUE)$values)
  expect_null(cholesky(a - diag(smallest * 1.001, 300)))
  expect_false(is.null(cholesky(a - diag(smallest * 0.999, 300))))
})

test_that("the dominant eigenvector is that of eigen()", {
  a <- symmetric(40)
  parts <- eigen(a, symmetric = TRUE)
  found <- dominant_eigenvector(function(v) a %*% v, 40, digits = 10)
  expect_equal(found$value, parts$values[1])
  expect_equal(abs(sum(found$vector * parts$vectors[, 1])), 1, tolerance = 1e-4)
})
