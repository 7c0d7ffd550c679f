rates <- function(schedule, epochs = 12, ...) {
  nn_train(article_X, article_Y, epochs = epochs, lr = 2, lr_schedule = schedule, seed = 1, ...)$history$lr / 2
}
cosine <- function(from, to, place) to + (from - to) * (1 + cos(pi * place)) / 2
e <- 0:11

test_that("each schedule follows its closed form, epoch by epoch", {
  expect_equal(rates("constant"), rep(1, 12))
  expect_equal(rates(schedule_step(factor = 0.3, every = 5)), 0.3^(e %/% 5))
  expect_equal(rates(schedule_exponential(0.8)), 0.8^e)
  expect_equal(rates(schedule_cosine(period = 12, floor = 0.1)), cosine(1, 0.1, e / 12))
  expect_equal(rates(schedule_cosine(period = 4)), cosine(1, 0, (e %% 4) / 4))
  expect_equal(rates(schedule_cosine(period = 4, restarts = FALSE)), cosine(1, 0, pmin(e / 4, 1)))
  expect_equal(rates(schedule_cosine(period = 4, growth = 2)), cosine(1, 0, c(0:3 / 4, 0:7 / 8)))
  place <- e / 12
  expect_equal(
    rates(schedule_one_cycle(total = 12, rise = 0.25, start = 0.1, floor = 0.01)),
    ifelse(place < 0.25, cosine(0.1, 1, place / 0.25), cosine(1, 0.01, (place - 0.25) / 0.75))
  )
})

test_that("a warm-up rises linearly to the curve", {
  expect_equal(rates(schedule_constant(warmup = 4)), pmin((e + 1) / 5, 1))
  expect_equal(rates(schedule_exponential(0.8, warmup = 4)), 0.8^e * pmin((e + 1) / 5, 1))
})

test_that("a plateau lowers the rate when the loss stays", {
  # With all weights 0 and a target of one half there is nothing to gain.
  start <- list(weights = list(matrix(0, 4, 1)), biases = list(0))
  flat <- nn_train(article_X, rep(0.5, 3),
    output = "sigmoid", start = start, epochs = 10, lr = 2,
    lr_schedule = schedule_plateau(factor = 0.5, patience = 3, floor = 0.2)
  )
  # The first epoch sets the best loss; after three more without a lower one the rate halves.
  expect_equal(flat$history$lr / 2, c(1, 1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25))
})

test_that("with mini-batches cosine and one-cycle go on within an epoch", {
  data <- smooth_data(64)
  fit <- nn_train(data$X, data$Y, optimizer = "sgd", batch_size = 16, epochs = 3, lr = 1, lr_schedule = "cosine", seed = 1)
  expect_equal(fit$history$lr, cosine(1, 0, (0:2 + 0.75) / 3))
})

test_that("names give the defaults, and what depends on epochs is filled in", {
  schedule <- function(x) nn_train(article_X, article_Y, epochs = 40, lr_schedule = x, seed = 1)$settings$lr_schedule
  expect_identical(schedule("cosine")$period, 40)
  expect_identical(schedule("one_cycle")$total, 40)
  expect_identical(schedule("step")$every, 10)
  for (name in names(schedules)) {
    expect_identical(schedule(name)$name, name)
    expect_identical(schedule(get(paste0("schedule_", name))()), schedule(name))
  }
})

test_that("a schedule goes on over two trainings as over one", {
  for (schedule in list(schedule_cosine(period = 12), schedule_one_cycle(total = 12), schedule_plateau(patience = 2))) {
    whole <- nn_train(article_X, article_Y, epochs = 12, lr = 1, lr_schedule = schedule, seed = 1)
    half <- nn_train(article_X, article_Y, epochs = 6, lr = 1, lr_schedule = schedule, seed = 1)
    both <- nn_train(article_X, article_Y, start = half, epochs = 6)
    expect_same_bits(both, whole)
  }
})

test_that("schedules out of range or out of place are refused", {
  expect_snapshot(error = TRUE, {
    schedule_step(factor = 0)
    schedule_step(every = 0)
    schedule_exponential(rate = 1.1)
    schedule_exponential(rate = NA)
    schedule_cosine(period = "long")
    schedule_cosine(restarts = NA)
    schedule_cosine(growth = 0.5)
    schedule_one_cycle(rise = 1)
    schedule_one_cycle(start = 2)
    schedule_plateau(factor = 1)
    schedule_plateau(patience = 0)
    schedule_constant(warmup = -1)
    nn_train(article_X, article_Y, lr_schedule = "cosinus")
    nn_train(article_X, article_Y, lr_schedule = 0.5)
    nn_train(article_X, article_Y, lr_schedule = "cosine", optimizer = "lbfgs")
    nn_train(article_X, article_Y, lr_schedule = "step", optimizer = "rprop")
  })
})

test_that("a schedule prints its numbers", {
  expect_snapshot({
    schedule_cosine(period = 50, warmup = 3)
    schedule_one_cycle()
    schedule_constant()
  })
})
