test_that("the loss curve looks as it should", {
  drawn <- drawn_fit()
  expect_picture("loss", function() plot(drawn))
  expect_picture("loss-log", function() plot(drawn, log = TRUE))
  drawn$history$validation_loss <- drawn$history$loss * 1.2 + 0.05
  expect_picture("loss-validation", function() plot(drawn))
})

test_that("the title and the colour can be chosen", {
  withr::local_pdf(NULL)
  expect_no_error(plot(drawn_fit(), main = "Mine", col = "black", xlim = c(0, 5)))
})
