test_that("a start has the shapes asked for", {
  start <- nn_init(c(4, 8, 3), seed = 1)
  expect_identical(lapply(start$weights, dim), list(c(4L, 8L), c(8L, 3L)))
  expect_identical(lengths(start$biases), c(8L, 3L))
})

test_that("normal is N(0, 1) with biases U(0, 1)", {
  start <- nn_init(c(300, 300, 300), init = "normal", seed = 1)
  w <- unlist(start$weights)
  b <- unlist(start$biases)
  expect_gt(stats::ks.test(w, "pnorm")$p.value, 0.001)
  expect_gt(stats::ks.test(b, "punif")$p.value, 0.001)
})

test_that("uniform is U(0, 1) throughout", {
  start <- nn_init(c(300, 300, 300), init = "uniform", seed = 1)
  expect_gt(stats::ks.test(unlist(start$weights), "punif")$p.value, 0.001)
  expect_gt(stats::ks.test(unlist(start$biases), "punif")$p.value, 0.001)
})

test_that("scaled initialisations have their variances and zero biases", {
  inputs <- 400
  units <- 200
  variances <- c(
    glorot_uniform = 2 / 600, glorot_normal = 2 / 600, he_uniform = 2 / 400, he_normal = 2 / 400, lecun_normal = 1 / 400
  )
  for (name in names(variances)) {
    start <- nn_init(c(inputs, units), init = name, seed = 1)
    w <- c(start$weights[[1]])
    expect_equal(var(w), variances[[name]], tolerance = 0.03, label = name)
    expect_equal(mean(w), 0, tolerance = 5 * sqrt(variances[[name]] / length(w)), label = name)
    expect_identical(start$biases[[1]], numeric(units))
    if (endsWith(name, "uniform")) {
      limit <- sqrt(3 * variances[[name]])
      expect_gt(stats::ks.test(w, "punif", -limit, limit)$p.value, 0.001)
    } else {
      expect_gt(stats::ks.test(w, "pnorm", 0, sqrt(variances[[name]]))$p.value, 0.001)
    }
  }
})

test_that("orthogonal weights are orthogonal", {
  w <- nn_init(c(30, 20), init = "orthogonal", seed = 1)$weights[[1]]
  gram <- crossprod(w)
  expect_equal(gram, diag(gram[1], 20), tolerance = 1e-10)
})

test_that("the seed decides, from the argument or from R's generator", {
  expect_identical(nn_init(c(4, 2, 1), seed = 1), nn_init(c(4, 2, 1), seed = 1))
  expect_identical(withr::with_seed(1, nn_init(c(4, 2, 1))), withr::with_seed(1, nn_init(c(4, 2, 1))))
  expect_false(identical(nn_init(c(4, 2, 1), seed = 1), nn_init(c(4, 2, 1), seed = 2)))
  withr::with_seed(1, {
    before <- .Random.seed
    nn_init(c(4, 2, 1), seed = 1)
    expect_identical(.Random.seed, before)
  })
})

test_that("bad sizes and names are refused", {
  expect_snapshot(error = TRUE, {
    nn_init()
    nn_init(3)
    nn_init(c(3, 0))
    nn_init("a")
    nn_init(c(3, 2), init = "he")
    nn_init(c(3, 2, 1), activation = "rel")
    nn_init(c(3, 2, 1), seed = NA)
  })
})

test_that("a start that is refused draws nothing", {
  withr::local_options(backprop.max_bytes = 1e6)
  set.seed(1)
  before <- .Random.seed
  expect_error(nn_init(c(1000, 1000, 1)), class = "backprop_error_memory")
  expect_identical(.Random.seed, before)
})
