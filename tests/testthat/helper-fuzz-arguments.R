# The generator of random calls: single values, right for their argument, nearly right, or hostile.
# All is drawn from R's generator, so that a seed and a number say a call.

chance <- function(share) stats::runif(1) < share

# One of its arguments; the others are never evaluated.
draw_one <- function(...) ...elt(sample.int(...length(), 1L))
draw_from <- function(x) x[[sample.int(length(x), 1L)]]

# How many times the target at work was called before, in this round and earlier ones.
whose_turn <- new.env()
whose_turn$count <- 0
# One of its arguments, one after the other in as many calls; `every`, so many calls the same.
draw_by_turn <- function(..., every = 1) ...elt(1 + (whose_turn$count %/% every) %% ...length())

# Some elements of a list, each with the same chance.
draw_some <- function(x, share) x[stats::runif(length(x)) < share]

# An expression to be typed as it stands, where other values are given by name.
typed <- function(expression) structure(list(expression = expression), class = "fuzz_typed")

# Kinds of arguments: functions of `near`, which give a right value or one that is nearly right.
a_positive <- function(near) {
  if (near) draw_one(0, -1, Inf, NaN, NA_real_, c(1, 2), numeric(), "1", TRUE, .Machine$double.xmax, 5e-324) else 10^stats::runif(1, -3, 1)
}
a_share <- function(near) if (near) draw_one(-0.1, 1.1, 1 + 1e-12, NaN, NA, "0.5", c(0.1, 0.2), Inf) else draw_one(0, 0.5, 1, stats::runif(1))
a_share_below_one <- function(near) if (near) draw_one(1, -1e-9, NaN, NA_real_, c(0.1, 0.2), "0", Inf) else draw_one(0, 0.5, 0.99, stats::runif(1))
a_factor <- function(near) if (near) draw_one(0, -0.5, 1.5, NaN, NA, Inf, numeric()) else draw_one(0.5, 0.9, stats::runif(1, 0.01, 0.99))
a_level <- function(near) if (near) draw_one(0, 1, -1, NA, "0.9", c(0.8, 0.9), 1 - 1e-17, NaN) else draw_one(0.5, 0.8, 0.9, 0.95, 0.999, 1e-6)
a_count <- function(near) if (near) draw_one(0, -1, 1.5, NA, NaN, "2", c(1, 2), integer(), 3e9, -Inf, 1L:2L) else draw_one(1, 2L, 3, 5, 10L, 100)
a_count_or_zero <- function(near) if (near) draw_one(-1, 0.5, NA, "2", c(1, 2), integer(), 3e9) else draw_one(0, 1, 2L, 5, 20)
a_flag <- function(near) if (near) draw_one(NA, 1, 0L, "TRUE", c(TRUE, FALSE), logical(), NULL) else chance(0.5)
a_seed <- function(near) {
  if (near) draw_one(0.5, NA, "1", 3e9, -3e9, c(1, 2), integer(), Inf, NaN) else draw_one(1, 0, -5L, 2147483647, -2147483647, sample.int(1e6, 1L))
}
a_number <- function(near) if (near) draw_one(NA_real_, Inf, NaN, c(1, 2), "1", numeric(), TRUE) else draw_one(0, -1, 2.5, stats::rnorm(1), 1e10)
# What an argument takes besides NULL.
or_null <- function(kind) function(near) if (!near && chance(0.3)) NULL else kind(near)
a_choice_of <- function(choices) {
  force(choices)
  function(near) {
    name <- draw_from(choices)
    if (!near) {
      return(name)
    }
    draw_one(
      toupper(name), substr(name, 1L, 2L), paste0(name, "x"), paste0(" ", name), "", NA_character_, character(), c(name, name), list(name), as.name(name),
      factor(name), stats::setNames(name, "a"), NULL, "{name}", "%s", 1
    )
  }
}
anything <- function(near) hostile_value()

# An argument's value: of its kind, or of any.
draw_argument <- function(kind, how) if (how == "hostile") hostile_value() else kind(how == "near")

# The arguments of a call from their kinds: those in `needed`, the one whose turn it is, others with a chance; one or two of them as `how` says, the rest
# right.
draw_arguments <- function(kinds, how = draw_how(), needed = character(), share = 0.4) {
  if (length(kinds) == 0L) {
    return(list())
  }
  taken <- names(kinds) %in% needed | stats::runif(length(kinds)) < share
  free <- which(!names(kinds) %in% needed)
  if (length(free) > 0L) taken[free[1 + whose_turn$count %% length(free)]] <- TRUE
  kinds <- kinds[taken]
  wrong <- if (how == "right") integer() else sample.int(length(kinds), min(length(kinds), 1L + chance(0.2)))
  hows <- replace(rep("right", length(kinds)), wrong, how)
  stats::setNames(lapply(seq_along(kinds), function(k) draw_argument(kinds[[k]], hows[k])), names(kinds))
}

draw_how <- function() draw_from(c("right", "right", "right", "near", "hostile"))

hostile_value <- function() {
  draw_one(
    hostile_number(), hostile_number(), hostile_text(), hostile_shape(), hostile_object(), hostile_code(), NULL
  )
}

hostile_number <- function() {
  draw_one(
    NA, NA_integer_, NaN, Inf, -Inf, -1, 0, 1e300, -1e300, 5e-324, 1e9, 2147483647, 3e9, 1.5, TRUE, FALSE, logical(), numeric(), integer(),
    c(1, NA), 1:3, c(0.5, -Inf), rep(0, 1000), c(a = 1), 1i, as.raw(1:2)
  )
}

hostile_text <- function() {
  draw_one(
    "", "x", NA_character_, character(), c("a", "b"), "{x}", "%s %d", "\u00e9\u2603", strrep("long ", 500), "a\nb", "sigmoid", "adam", "TRUE",
    structure("\xff\xfe", Encoding = "bytes"), "`", "\\", "NULL", factor("a"), factor(character()), factor(c("a", NA)), c(x = "y")
  )
}

hostile_shape <- function() {
  draw_one(
    matrix(1:4, 2), matrix(0, 0, 3), matrix(0, 3, 0), matrix("a", 2, 2), matrix(list(1, 2), 1), matrix(NA, 2, 2), array(0, c(2, 2, 2)), array(1:3, 3),
    data.frame(), data.frame(a = 1:2), data.frame(a = I(list(1, 2))), data.frame(a = 1, a = 2, check.names = FALSE), tibble::tibble(a = 1), list(),
    list(1), list(a = NULL), list(weights = 1), list(X = 1), list(X = matrix(1), Y = 1), list(list(list())), table(c(1, 1, 2)), stats::ts(1:3),
    Matrix::sparseMatrix(1, 1, x = 1), methods::as(Matrix::sparseMatrix(1, 1, x = 1), "TsparseMatrix"), Matrix::Diagonal(2)
  )
}

hostile_object <- function() {
  draw_one(
    Sys.Date(), as.POSIXct("2020-01-01", "UTC"), as.POSIXlt("2020-01-01", "UTC"), as.difftime(1, units = "secs"), structure(5e-324, class = "integer64"), numeric_version("1.0"),
    structure(1, class = "zzz"), structure(list(), class = "zzz"), structure(list(), class = "nn_fit"), structure(list(), class = "nn_trace"),
    structure(list(name = "adam"), class = "nn_optimizer"), structure(list(name = "nothing"), class = "nn_schedule"), structure(list(), class = "nn_loss"),
    structure(1, class = c("haven_labelled", "vctrs_vctr", "double"), labels = c(a = 1)), stats::lm(dist ~ speed, datasets::cars),
    methods::new("numeric"), methods::getClass("numeric"), new.env(), emptyenv(), simpleCondition("a"), rlang::quo(x)
  )
}

hostile_code <- function() {
  draw_one(quote(x), quote(x + y), quote(stop("evaluated")), expression(a, b), ~x, y ~ ., y ~ x | z, function(x) x, function() 1, sum, `if`, as.call(list(as.name("f"))))
}
