# CRAN wants all tests in a minute.
skip_on_cran()
skip_if_not_installed("htmltools")

# Pages of exercises. What they do in a browser is tested in tools/dev/browser.

page_text <- function(...) {
  file <- withr::local_tempfile(fileext = ".html")
  expect_identical(nn_exercise_page(..., file = file), file)
  paste(readLines(file, encoding = "UTF-8"), collapse = "\n")
}

# What the page judges by, read back.
page_keys <- function(text) {
  hex <- regmatches(text, gregexpr("(?<=data-key=\")[0-9a-f]+", text, perl = TRUE))[[1]]
  lapply(hex, function(one) {
    bytes <- strtoi(substring(one, seq(1, nchar(one), 2), seq(2, nchar(one), 2)), 16L)
    jsonlite::fromJSON(rawToChar(as.raw(bytes)), simplifyVector = FALSE)
  })
}

test_that("a page knows of each answer what nn_check_answer() says", {
  skip_if_not_installed("jsonlite")
  exercises <- nn_exercise_set(n = 5, level = 3, seed = 3)
  keys <- page_keys(page_text(exercises))
  expect_length(keys, 5)
  for (k in 1:2) {
    expect_equal(unlist(keys[[k]]$answer), exercises[[k]]$task$answer, tolerance = 1e-14)
    for (mistake in keys[[k]]$mistakes) expect_match(nn_check_answer(exercises[[k]], unlist(mistake$value))$says, mistake$text, fixed = TRUE)
  }
  for (k in c(3, 5)) {
    for (option in keys[[k]]$options) {
      answer <- nn_check_answer(exercises[[k]], as.numeric(option$text))
      expect_identical(option$right, answer$right)
      if (k == 5) expect_identical(paste("With lr =", option$text, option$why), answer$says)
    }
  }
  judged <- vapply(keys[[4]]$options, function(option) option$right, NA)
  expect_true(any(judged) && !all(judged))
})

test_that("a page asks nothing of a network, and shows no answer at a glance", {
  exercise <- nn_exercise("forward", level = 2, seed = 7)
  text <- page_text(exercise)
  # Namespaces and the like would do no harm, but there are none either.
  expect_false(grepl("https?:", text))
  answer <- formatC(abs(exercise$task$answer), digits = 3, format = "f")
  expect_false(grepl(answer, text, fixed = TRUE))
  expect_match(page_text(exercise, answers = TRUE), answer, fixed = TRUE)
  expect_lt(nchar(page_text(nn_exercise_set(n = 10, seed = 1))), 100e3)
})

test_that("titles are text, and a page can be had as tags with style and script once", {
  expect_match(page_text(nn_exercise("rate", seed = 1), title = "<b>&"), "<h1>&lt;b&gt;&amp;</h1>", fixed = TRUE)
  tags <- nn_exercise_page(list(nn_exercise("rate", seed = 1)))
  expect_s3_class(tags, "shiny.tag.list")
  dependencies <- htmltools::findDependencies(htmltools::tagList(tags, nn_exercise_page(nn_exercise("bug", seed = 1))))
  expect_identical(vapply(htmltools::resolveDependencies(dependencies), function(one) one$name, ""), c("nn-page", "nn-exercise"))
})

test_that("pages that cannot be are refused", {
  expect_snapshot(error = TRUE, {
    nn_exercise_page(1)
    nn_exercise_page(nn_exercise_set(seed = 1)[0])
    nn_exercise_page(nn_exercise("rate", seed = 1), answers = 2)
    nn_exercise_page(nn_exercise("rate", seed = 1), title = 1)
    nn_exercise_page(nn_exercise("rate", seed = 1), file = 1)
  })
  expect_error(nn_exercise_page(nn_exercise("rate", seed = 1), file.path(tempdir(), "no", "a.html")), class = "backprop_error_file")
})
