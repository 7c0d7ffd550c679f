skip_if_not_installed("shiny")
skip_if_not_installed("jsonlite")

# A window on `app`. testServer() warns of messages, which it does not deliver.
in_window <- function(app, code) {
  code <- substitute(code)
  suppressWarnings(suppressPackageStartupMessages(eval(call("testServer", app, code), list(testServer = shiny::testServer), parent.frame())))
}

test_that("the value is an app, and its page needs nothing from elsewhere", {
  app <- nn_playground(seed = 1)
  expect_s3_class(app, "shiny.appobj")
  page <- as.character(htmltools::renderTags(play_ui(a_play()))$html)
  expect_no_match(page, "https?://")
  for (name in c("playground.js", "playground.css")) {
    text <- readLines(system.file("playground", name, package = "backprop"))
    text <- grep("www.w3.org/2000/svg", text, fixed = TRUE, value = TRUE, invert = TRUE)
    expect_false(any(grepl("https?://|@import|url\\(|fetch\\(|XMLHttpRequest", text)))
  }
})

test_that("every control has a label", {
  for (play in list(a_play(), a_play(source = own_source(iris, Species ~ .)))) {
    page <- as.character(htmltools::renderTags(play_ui(play))$html)
    ids <- regmatches(page, gregexpr("(?<=<input id=\")[^\"]+|(?<=<select id=\")[^\"]+|(?<=class=\"nn-range\" id=\")[^\"]+|(?<=type=\"range\" id=\")[^\"]+", page, perl = TRUE))[[1L]]
    expect_gte(length(ids), 12)
    for (id in ids) expect_match(page, paste0("for=\"", id, "\""), fixed = TRUE)
  }
})

test_that("play goes on when what was sent is drawn, and pause pauses", {
  in_window(nn_playground("xor"), {
    session$setInputs(ready = 1)
    session$setInputs(drawn = 1L)
    expect_identical(window$play$fit$epochs_done, 0L)
    session$setInputs(speed = "1", play = 1)
    for (k in 2:5) session$setInputs(drawn = k)
    expect_identical(window$play$fit$epochs_done, 5L)
    # An answer that comes late, or twice, starts no second loop.
    session$setInputs(drawn = 3L)
    expect_identical(window$play$fit$epochs_done, 5L)
    session$setInputs(play = 2)
    expect_false(window$playing)
    session$setInputs(drawn = window$sent)
    expect_identical(window$play$fit$epochs_done, 5L)
    session$setInputs(step = 1)
    expect_identical(window$play$fit$epochs_done, 6L)
    session$setInputs(scrub = 2)
    expect_identical(window$play$fit$epochs_done, 2L)
    session$setInputs(restart = 1)
    expect_identical(window$play$fit$epochs_done, 0L)
  })
})

# What the browser reports when the page is opened.
first_inputs <- function(session) {
  session$setInputs(
    data = "circles", noise = 5, validation = 30, data_seed = 1, features = c("x1", "x2"), units1 = 4, units2 = 2, units3 = 0, units4 = 0, activation = "tanh",
    init = "", optimizer = "adam", lr = 0.03, batch_size = 32, penalty = 0, dropout = 0, seed = 1, speed = "1"
  )
}

test_that("a page that is opened changes nothing, and each control does what it says", {
  in_window(nn_playground(), {
    begun <- window$play
    first_inputs(session)
    session$setInputs(ready = 1, drawn = 1L, step = 1)
    expect_identical(begun$settings, window$play$settings)
    expect_identical(window$play$fit$epochs_done, 1L)
    session$setInputs(lr = 0.5, penalty = 0.1)
    expect_identical(window$play$fit$epochs_done, 1L)
    session$setInputs(units2 = 0, units3 = 5)
    expect_identical(window$play$settings$hidden, 4L)
    session$setInputs(units2 = 8)
    expect_identical(window$play$settings$hidden, c(4L, 8L, 5L))
    session$setInputs(features = c("sin(x2)", "x1"), data = "waves", noise = 20, validation = 0, seed = 7, data_seed = 8, init = "he_normal", activation = "relu", batch_size = 10)
    expect_identical(window$play$fit$settings$sizes, c(2L, 4L, 8L, 5L, 1L))
    expect_identical(
      window$play$settings[c("data", "features", "noise", "validation", "seed", "data_seed", "init", "activation", "batch_size", "penalty")],
      list(
        data = "waves", features = c("x1", "sin(x2)"), noise = 0.2, validation = 0, seed = 7L, data_seed = 8L, init = "he_normal", activation = "relu",
        batch_size = 10L, penalty = 0.1
      )
    )
    # Another optimizer brings a rate of its own.
    session$setInputs(optimizer = "gd")
    expect_identical(window$play$settings$lr, play_rates[["gd"]])
    expect_identical(unclass(play_scene(window$play, window$axes)$idle), "batch_size")
  })
})

test_that("what is refused is said, and leaves the training as it was", {
  in_window(nn_playground(), {
    first_inputs(session)
    session$setInputs(ready = 1, drawn = 1L, step = 1)
    before <- window$play
    session$setInputs(lr = -1)
    expect_match(window$refused, "`lr` must be a positive")
    expect_identical(window$play, before)
    session$setInputs(lr = 0.03, features = NULL)
    expect_match(window$refused, "Choose at least one feature")
    session$setInputs(features = "x1", optimizer = "lbfgs", dropout = 0.5)
    expect_match(window$refused, "dropout")
    session$setInputs(dropout = 0)
    expect_null(window$refused)
    # An emptied field says nothing.
    session$setInputs(seed = NA, batch_size = NULL)
    expect_identical(window$play$settings$seed, 1L)
  })
})

test_that("controls that say what does not hold are not forgotten when training goes on", {
  in_window(nn_playground(), {
    first_inputs(session)
    session$setInputs(ready = 1, drawn = 1L, batch_size = 0)
    session$setInputs(step = 1)
    expect_identical(window$play$fit$epochs_done, 1L)
    expect_match(window_frame(window)$problem, "`batch_size` must be")
    session$setInputs(batch_size = 32)
    expect_null(window_frame(window)$problem)
  })
})

test_that("two windows share nothing, and one that is closed keeps nothing", {
  app <- nn_playground(iris, Species ~ .)
  in_window(app, {
    session$setInputs(ready = 1, drawn = 1L, step = 1)
    expect_identical(window$play$fit$epochs_done, 1L)
    first <- window
    session$close()
    expect_null(first$play)
  })
  in_window(app, {
    expect_identical(window$play$fit$epochs_done, 0L)
    session$setInputs(axis_x = "Petal.Width", axis_y = "Petal.Width")
    expect_identical(window$axes, c("Sepal.Length", "Sepal.Width"))
    expect_match(window$refused, "two different inputs")
    session$setInputs(axis_y = "Species")
    expect_identical(window$axes, c("Sepal.Length", "Sepal.Width"))
    session$setInputs(axis_y = "Petal.Length")
    expect_identical(window$axes, c("Petal.Width", "Petal.Length"))
  })
})

test_that("a slice is as long as the page asks, or as time allows", {
  in_window(nn_playground("xor"), {
    session$setInputs(ready = 1, drawn = 1L, speed = "100")
    window$play <- advance_for(window$play, play_slice)
    window$play$pace <- 1e-5
    window$play$slice <- 400
    session$setInputs(play = 1)
    expect_identical(window$play$fit$epochs_done, 101L)
    window$play$pace <- 1
    session$setInputs(drawn = window$sent)
    expect_identical(window$play$fit$epochs_done, 102L)
    session$setInputs(speed = "most")
    window$play[c("pace", "slice")] <- list(1e-5, 150)
    session$setInputs(drawn = window$sent)
    # Twice as many as before.
    expect_identical(window$play$fit$epochs_done, 402L)
  })
})

test_that("the page of the next step is that of the weights on the screen", {
  play <- rewind(advance(a_play(epochs = 3), 2), 3)
  answer <- play_trace_page(play)
  expect_identical(answer$content_type, "text/html; charset=UTF-8")
  expect_match(answer$content, "nn-view", fixed = TRUE)
  trace <- nn_trace(play$fit, play$data, iterations = 1)
  expect_identical(trace$start$weights[[1L]], shown_fit(play)$weights[[1L]], ignore_attr = TRUE)
  play$data <- play$data[0, ]
  expect_no_match(play_trace_page(play)$content, "nn-view", fixed = TRUE)
})

test_that("what the playground cannot draw or train is refused when it is called", {
  expect_snapshot(error = TRUE, {
    nn_playground("circle")
    nn_playground("circles", y ~ x1)
    nn_playground(1)
    nn_playground(iris["Species"])
    nn_playground(iris, "Species")
    nn_playground(iris, ~Species)
    nn_playground(iris, Species ~ zzz)
    nn_playground(iris, Species ~ Sepal.Width)
    nn_playground(iris, cbind(Sepal.Length, Sepal.Width) ~ Petal.Width + Petal.Length)
    nn_playground(iris, Species ~ ., hidden = c(9, 1))
    nn_playground(hidden = rep(2, 5))
    nn_playground(activation = "tan")
    nn_playground(optimizer = "lbfgs", dropout = 0.5)
    nn_playground(lr = 0)
    nn_playground(noise = -1)
    nn_playground(seed = "a")
  })
})

test_that("the formula may come first, and the code names the data as they were typed", {
  flowers <- iris
  expect_s3_class(nn_playground(Species ~ ., flowers), "shiny.appobj")
  play <- new_play(default_play_settings(), play_source(flowers, NULL, quote(flowers), NULL))
  expect_identical(play_code(play)[2:4], c("data <- flowers", "fit <- nn_train(", "  Species ~ ., data = data, preset = \"textbook\", hidden = c(4, 2), activation = \"tanh\","))
  long <- play_source(iris, NULL, call("rbind", iris), NULL)
  expect_identical(long$expression, quote(data))
})
