# Steps of a plan (export-plan.R) as columns of SQL.

# Adds the columns of a step, and answers with their names.
sql_step <- function(sql, step, plan) {
  x <- sql$vectors[[step$from[1L]]]
  constant <- function(what) plan$constants[[step[[what]]]]
  add <- function(expressions) sql_add(sql, expressions, step$into)
  # Differences and sums with a number that may be negative: it is in parentheses then.
  number <- sql_number
  switch(step$op,
    take = unlist(lapply(step$parts, function(part) {
      columns <- sql$vectors[[part$from]]
      if (is.null(part$at)) columns else columns[part$at]
    })),
    standardise = add(ifelse(is.finite(constant("scale")), paste0("(", x, " - ", number(constant("center")), ") / ", number(constant("scale"))), "0.0")),
    rescale = add(paste0(x, " * ", number(constant("scale")), " + ", number(constant("center")))),
    times = add(paste0(x, " * ", number(rep_len(constant("factors"), plan$lengths[[step$into]])))),
    plus = add(paste0(x, " + ", sql$vectors[[step$from[2L]]])),
    clamp = add(paste0(
      "CASE WHEN ", x, " < ", number(constant("lower")), " THEN ", number(constant("lower")), " WHEN ", x, " > ", number(constant("upper")), " THEN ",
      number(constant("upper")), " ELSE ", x, " END"
    )),
    mean = add(vapply(seq_along(x), function(j) {
      sql_join(paste0(vapply(step$from, function(from) sql$vectors[[from]][j], ""), " * ", number(step$shares)), "+")
    }, "")),
    linear = {
      weights <- constant("weights")
      biases <- if (is.null(step$biases)) numeric(ncol(weights)) else constant("biases")
      add(vapply(seq_len(ncol(weights)), function(j) {
        used <- which(weights[, j] != 0)
        products <- paste0(x[used], " * ", sql_weights(sql, weights[used, j]), recycle0 = TRUE)
        sql_join(c(if (biases[j] != 0 || length(used) == 0L) number(biases[j]), products), "+")
      }, ""))
    },
    activate = sql_activate(sql, step, x, add),
    softmax = {
      top <- sql_hold(sql, sql_largest(sql, x))
      powers <- sql_hold_each(sql, vapply(sql_hold_each(sql, paste0("(", x, " - ", top, ")")), sql_exp, ""))
      sum <- sql_hold(sql, paste0("(", sql_join(powers, "+"), ")"))
      add(paste0(powers, " / ", sum))
    },
    shares = {
      sum <- sql_hold(sql, paste0("(", sql_join(x, "+"), ")"))
      add(paste0("CASE WHEN ", sum, " > 0.0 THEN ", x, " / ", sum, " ELSE ", sql$vectors[[step$from[2L]]], " END"))
    },
    norm = {
      mean <- sql_hold(sql, paste0("((", sql_join(x, "+"), ") / ", number(length(x)), ")"))
      centered <- sql_hold_each(sql, paste0("(", x, " - ", mean, ")"))
      squares <- sql_join(paste0(centered, " * ", centered), "+")
      size <- sql_hold(sql, paste0("SQRT((", squares, ") / ", number(length(x)), " + ", number(step$epsilon), ")"))
      add(paste0(centered, " / ", size, " * ", number(constant("factors")), " + ", number(constant("biases"))))
    },
    pieces = add(unlist(lapply(step$pieces, function(piece) {
      z <- x[piece$column]
      e <- piece$edges
      low <- number(e[-length(e)])
      paste0("CASE WHEN ", z, " <= ", low, " THEN 0.0 WHEN ", z, " >= ", number(e[-1L]), " THEN 1.0 ELSE (", z, " - ", low, ") / ", number(diff(e)), " END")
    }))),
    bend = {
      bent <- x
      bent[step$clipped] <- paste0(x[step$clipped], " / SQRT(1.0 + ", x[step$clipped], " * ", x[step$clipped], " / 9.0)", recycle0 = TRUE)
      for (curve in step$curves) bent[curve$column] <- sql_curve(x[curve$column], curve$knots, curve$scores)
      add(bent)
    }
  )
}

# Functions take a limited number of arguments.
sql_largest <- function(sql, x) {
  if (length(x) == 1L) {
    return(x)
  }
  parts <- vapply(split(x, (seq_along(x) - 1L) %/% 50L), function(part) {
    if (length(part) > 1L) paste0(sql$largest, "(", paste(part, collapse = ", "), ")") else part
  }, "")
  if (length(parts) > 1L) sql_largest(sql, parts) else unname(parts)
}

sql_curve <- function(z, knots, scores) {
  n <- length(knots)
  slopes <- diff(scores) / diff(knots)
  line <- paste0(sql_number(scores[-n]), " + (", z, " - ", sql_number(knots[-n]), ") * ", sql_number(slopes), recycle0 = TRUE)
  between <- paste0("WHEN ", z, " < ", sql_number(knots[-1L]), " THEN ", line, recycle0 = TRUE)
  first <- paste0("CASE WHEN ", z, " < ", sql_number(knots[1L]), " THEN ", sql_number(scores[1L]))
  paste(c(first, between, paste0("ELSE ", sql_number(scores[n]), " END")), collapse = " ")
}

sql_activate <- function(sql, step, x, add) {
  below <- function(value) paste0("CASE WHEN ", x, " < 0.0 THEN ", value, " ELSE ", x, " END")
  switch(step$activation,
    sigmoid = add(sql_sigmoid(x)), tanh = add(sql_tanh(x)), relu = add(below("0.0")), leaky_relu = add(below(paste0("0.01 * ", x))),
    elu = add(below(paste0("(", sql_decay(x), " - 1.0)"))),
    selu = add(paste0("1.0507009873554805 * ", below(paste0("1.6732632423543772 * (", sql_decay(x), " - 1.0)")))),
    gelu = {
      tail <- upper_tail_series()
      u <- sql_hold_each(sql, paste0("((ABS(", x, ") - ", sql_number(tail$half), ") / (ABS(", x, ") + ", sql_number(tail$half), "))"))
      falling <- sql_number(rev(tail$coefficients))
      series <- Reduce(function(sum, coefficient) paste0("(", sum, " * ", u, " + ", coefficient, ")"), falling[-1L], falling[1L])
      upper <- sql_hold_each(sql, paste0("(CASE WHEN ABS(", x, ") > 37.0 THEN 0.0 ELSE EXP(-0.5 * ", x, " * ", x, ") * ", series, " END)"))
      add(paste0(x, " * (CASE WHEN ", x, " > 0.0 THEN 1.0 - ", upper, " ELSE ", upper, " END)"))
    },
    softplus = {
      logarithms <- vapply(paste0("1.0 + ", sql_decay(x)), function(of) sub("@", of, sql$logarithm, fixed = TRUE), "", USE.NAMES = FALSE)
      add(paste0(below("0.0"), " + ", logarithms))
    },
    silu = add(paste0(x, " * ", sql_sigmoid(x))), softsign = add(paste0(x, " / (1.0 + ABS(", x, "))")), exp = add(sql_exp(x)),
    log = add(vapply(x, function(of) sub("@", of, sql$logarithm, fixed = TRUE), "", USE.NAMES = FALSE)),
    cosine = add(paste0("COS(6.2831853071795865 * (", x, " - FLOOR(", x, " + 0.5)))")),
    sine = add(paste0("SIN(6.2831853071795865 * (", x, " - FLOOR(", x, " + 0.5)))"))
  )
}
