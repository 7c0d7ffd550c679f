objects <- list(
  nn_optimizer = list(tables = optimizer_fields, make = function(name) read_optimizer(name), arg = "optimizer"),
  nn_schedule = list(tables = schedule_fields, make = function(name) get(paste0("schedule_", name))(), arg = "lr_schedule"),
  nn_loss = list(tables = loss_fields, make = function(name) read_loss(name), arg = "loss")
)
train <- function(arg, object) do.call(nn_train, c(list(article_X, article_Y, epochs = 1), stats::setNames(list(object), arg)), quote = TRUE)

test_that("there is a table for every name of the registry, with the hyperparameters that it has", {
  expect_named(optimizer_fields, names(optimizers))
  expect_named(schedule_fields, names(schedules))
  expect_named(loss_fields, names(losses))
  for (name in names(optimizers)) expect_identical(sort(as.character(optimizer_fields[[name]]$name)), sort(as.character(names(optimizers[[name]]$hyperparameters))))
  for (name in names(schedules)) expect_identical(objects$nn_schedule$make(name), structure(c(list(name = name), schedule_defaults[[name]]), class = "nn_schedule"))
  for (class in names(objects)) {
    for (name in names(objects[[class]]$tables)) {
      expect_null(wrong_hyperparameters(objects[[class]]$make(name), class, objects[[class]]$tables))
    }
  }
})

test_that("every hyperparameter is refused when it is something else or taken out, by its name", {
  for (class in names(objects)) {
    tables <- objects[[class]]$tables
    for (name in names(tables)) {
      made <- objects[[class]]$make(name)
      for (hyperparameter in tables[[name]]$name) {
        for (value in c(never_right, list(NULL, NaN, -1, "a", c(0.5, 0.25), list(), Inf))) {
          expect_match(wrong_hyperparameters(edit(made, hyperparameter, value), class, tables)$at, paste0("$", hyperparameter), fixed = TRUE, label = paste(name, hyperparameter))
        }
      }
    }
  }
})

test_that("names that are none, and hyperparameters that the name does not have, are refused", {
  expect_snapshot(error = TRUE, {
    train("optimizer", edit(opt_adam(), "beta1", 2))
    train("optimizer", edit(opt_adam(), "beta1", NULL))
    train("optimizer", edit(opt_adam(), "beta", 0.5))
    train("optimizer", edit(opt_gd(), "momentum", 0.5))
    train("optimizer", edit(opt_adam(), "name", "adamant"))
    train("optimizer", structure(1, class = "nn_optimizer"))
    train("lr_schedule", edit(schedule_cosine(), "floor", "low"))
    train("loss", edit(loss_huber(), "par", c(1, 2)))
    train("loss", edit(loss_quantile(), "par", c(0.9, 0.1)))
    print(edit(opt_adam(), "epsilon", 0))
    print(edit(schedule_step(), "every", NULL))
    print(structure(list(), class = "nn_loss"))
  })
})
