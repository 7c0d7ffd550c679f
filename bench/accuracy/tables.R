# The tables of the accuracy bench, from Debian's R packages and generated ones, and how each is split.
# Other tables of these packages are for judging and must not appear here.

from_package <- function(name, package) {
  place <- new.env()
  utils::data(list = name, package = package, envir = place)
  as.data.frame(get(ls(place)[match(name, ls(place), nomatch = 1L)], place))
}

without <- function(data, ...) data[setdiff(names(data), c(...))]

# What a sensible user would drop is dropped: identifiers, dates, other outcomes. `outcome` names the column to predict.
accuracy_tables <- list(
  glass = function() list(data = from_package("Glass", "mlbench"), outcome = "Type"),
  vehicle = function() list(data = from_package("Vehicle", "mlbench"), outcome = "Class"),
  pima = function() list(data = from_package("PimaIndiansDiabetes", "mlbench"), outcome = "diabetes"),
  satellite = function() list(data = from_package("Satellite", "mlbench"), outcome = "classes"),
  credit = function() list(data = from_package("credit_data", "modeldata"), outcome = "Status"),
  caravan = function() list(data = from_package("ticdata", "kernlab"), outcome = "CARAVAN"),
  lending = function() list(data = from_package("lending_club", "modeldata"), outcome = "Class"),
  boston = function() list(data = from_package("BostonHousing", "mlbench"), outcome = "medv"),
  sacramento = function() list(data = from_package("Sacramento", "modeldata"), outcome = "price"),
  nmes = function() {
    data <- from_package("NMES1988", "AER")
    list(data = without(data, "nvisits", "ovisits", "novisits", "emergency", "hospital"), outcome = "visits")
  },
  checktimes = function() list(data = without(from_package("check_times", "modeldata"), "package"), outcome = "check_time"),
  txhousing = function() {
    data <- as.data.frame(ggplot2::txhousing)
    data <- without(data[!is.na(data$median), ], "date")
    data$city <- factor(data$city)
    list(data = data, outcome = "median")
  },
  meats = function() {
    data <- from_package("meats", "modeldata")
    list(data = without(data, "water", "fat"), outcome = "protein")
  },
  wave = function() {
    x <- stats::runif(200, -3, 3)
    list(data = data.frame(x = x, y = sin(2 * x) + stats::rnorm(200, sd = 0.1)), outcome = "y")
  },
  friedman = function() {
    x <- matrix(stats::runif(10000), ncol = 10, dimnames = list(NULL, paste0("x", 1:10)))
    y <- 10 * sin(pi * x[, 1] * x[, 2]) + 20 * (x[, 3] - 0.5)^2 + 10 * x[, 4] + 5 * x[, 5] + stats::rnorm(1000)
    list(data = data.frame(x, y = y), outcome = "y")
  },
  rings = function() {
    x <- matrix(stats::rnorm(3000), ncol = 5, dimnames = list(NULL, paste0("x", 1:5)))
    r <- sqrt(x[, 1]^2 + x[, 2]^2) + stats::rnorm(600, sd = 0.15)
    list(data = data.frame(x, class = cut(r, c(-Inf, 0.8, 1.5, Inf), c("inner", "middle", "outer"))), outcome = "class")
  },
  rare = function() {
    x <- matrix(stats::rnorm(24000), ncol = 8, dimnames = list(NULL, paste0("x", 1:8)))
    z <- -4.2 + x[, 1] + x[, 2] * x[, 3] + (x[, 4] > 1) * 2
    list(data = data.frame(x, event = factor(stats::runif(3000) < stats::plogis(z), labels = c("no", "yes"))), outcome = "event")
  },
  skewed = function() {
    x <- matrix(stats::rnorm(12000), ncol = 6, dimnames = list(NULL, paste0("x", 1:6)))
    y <- exp(1 + 0.8 * x[, 1] + sin(2 * x[, 2]) + 0.5 * x[, 3] * x[, 4] + stats::rnorm(2000, sd = 0.3))
    list(data = data.frame(x, y = y), outcome = "y")
  }
)

largest_table <- 15000L

# With a generator of its own: R's is put back.
with_generator <- function(seed, code) {
  before <- get0(".Random.seed", envir = globalenv(), inherits = FALSE)
  on.exit(if (is.null(before)) rm(".Random.seed", envir = globalenv()) else assign(".Random.seed", before, envir = globalenv()))
  set.seed(seed, kind = "Mersenne-Twister", normal.kind = "Inversion", sample.kind = "Rejection")
  code
}

# `name`, `data` (at most 15,000 rows, a subset by a fixed seed), `outcome`, `kind` ("number" or "classes"), `rows` (which rows of the whole were kept).
accuracy_table <- function(name) {
  with_generator(2026, {
    table <- accuracy_tables[[name]]()
    data <- table$data
    y <- data[[table$outcome]]
    rows <- which(!is.na(y))
    data <- data[rows, , drop = FALSE]
    if (is.character(data[[table$outcome]])) data[[table$outcome]] <- factor(data[[table$outcome]])
    if (is.factor(data[[table$outcome]])) data[[table$outcome]] <- droplevels(factor(data[[table$outcome]], ordered = FALSE))
    varies <- vapply(data, function(column) length(unique(column)) > 1L, NA)
    data <- data[varies]
    if (nrow(data) > largest_table) {
      kept <- sort(sample.int(nrow(data), largest_table))
      data <- data[kept, , drop = FALSE]
      rows <- rows[kept]
    }
    rownames(data) <- NULL
    list(name = name, data = data, outcome = table$outcome, kind = if (is.factor(data[[table$outcome]])) "classes" else "number", rows = rows)
  })
}

# Rows to train on, seven tenths of each class (or of all rows), by the seed.
accuracy_split <- function(table, seed) {
  y <- table$data[[table$outcome]]
  with_generator(seed, {
    groups <- if (table$kind == "classes") split(seq_along(y), y) else list(seq_along(y))
    train <- unlist(lapply(groups, function(rows) rows[sample.int(length(rows), round(0.7 * length(rows)))]), use.names = FALSE)
    list(train = sort(train), test = setdiff(seq_along(y), train))
  })
}
