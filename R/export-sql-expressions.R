# Expressions of a plan (export-plan.R) in SQL, where a value that is not known is NULL.

# Every function is held to where it has a value; elsewhere some databases end the statement.
sql_expressions <- function(sql, plan) {
  hold <- function(a) sql_hold(sql, a)
  compared <- function(sign, opposite) {
    function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(CASE WHEN ", a, " ", sign, " ", b, " THEN 1.0 WHEN ", a, " ", opposite, " ", b, " THEN 0.0 END)")
    }
  }
  where <- function(condition, value) {
    function(a) {
      a <- hold(a)
      paste0("(CASE WHEN ", gsub("@", a, condition, fixed = TRUE), " THEN ", gsub("@", a, value, fixed = TRUE), " END)")
    }
  }
  of <- function(value) function(a) paste0("(", gsub("@", hold(a), value, fixed = TRUE), ")")
  list(
    number = sql_number, input = function(i) paste0("i", i), scalar = function(i) paste0("v", i),
    missing = function(i) paste0("(CASE WHEN i", i, " IS NULL THEN 1.0 ELSE 0.0 END)"),
    code = function(i) sql_code(plan$codes[[i]]),
    among = function(a, values) {
      a <- hold(a)
      paste0("(CASE WHEN ", a, " IN (", paste(sql_number(values), collapse = ", "), ") THEN 1.0 WHEN ", a, " IS NOT NULL THEN 0.0 END)")
    },
    add = infix("+"), subtract = infix("-"), multiply = infix("*"), divide = function(a, b) paste0("(", a, " / NULLIF(", b, ", 0.0))"),
    negate = function(a) paste0("(-", a, ")"),
    power = function(a, b) sql_power(hold(a), b),
    modulo = function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(", a, " - FLOOR(", a, " / NULLIF(", b, ", 0.0)) * ", b, ")")
    },
    less = compared("<", ">="), less_equal = compared("<=", ">"), greater = compared(">", "<="), greater_equal = compared(">=", "<"),
    equal = compared("=", "<>"), not_equal = compared("<>", "="),
    and = function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(CASE WHEN ", a, " = 0.0 OR ", b, " = 0.0 THEN 0.0 WHEN ", a, " <> 0.0 AND ", b, " <> 0.0 THEN 1.0 END)")
    },
    or = function(a, b) {
      a <- hold(a)
      b <- hold(b)
      paste0("(CASE WHEN ", a, " <> 0.0 OR ", b, " <> 0.0 THEN 1.0 WHEN ", a, " = 0.0 AND ", b, " = 0.0 THEN 0.0 END)")
    },
    not = of("CASE WHEN @ = 0.0 THEN 1.0 WHEN @ <> 0.0 THEN 0.0 END"),
    "if" = function(a, b, c) {
      a <- hold(a)
      paste0("(CASE WHEN ", a, " <> 0.0 THEN ", b, " WHEN ", a, " = 0.0 THEN ", c, " END)")
    },
    unknown = of("CASE WHEN @ IS NULL THEN 1.0 ELSE 0.0 END"), is_true = of("CASE WHEN @ = 1.0 THEN 1.0 ELSE 0.0 END"),
    min = function(a, b) sql_either(hold(a), hold(b), "<=", ">"), max = function(a, b) sql_either(hold(a), hold(b), ">=", "<"),
    exp = function(a) sql_exp(hold(a)), log = where("@ > 0.0", sql$logarithm), log1p = where("@ > -1.0", gsub("@", "1.0 + @", sql$logarithm, fixed = TRUE)),
    expm1 = function(a) paste0("(", sql_exp(hold(a)), " - 1.0)"), sqrt = where("@ >= 0.0", "SQRT(@)"), abs = of("ABS(@)"),
    sign = of("CASE WHEN @ > 0.0 THEN 1.0 WHEN @ < 0.0 THEN -1.0 WHEN @ = 0.0 THEN 0.0 END"), floor = of("FLOOR(@)"), ceiling = of("CEIL(@)"),
    sin = of("SIN(@)"), cos = of("COS(@)"), tan = of("TAN(@)"), asin = where("ABS(@) <= 1.0", "ASIN(@)"),
    acos = where("ABS(@) <= 1.0", "ACOS(@)"), atan = of("ATAN(@)"),
    sinh = function(a) {
      a <- hold(a)
      paste0("((", sql_exp(a), " - ", sql_exp(hold(paste0("(-", a, ")"))), ") / 2.0)")
    },
    cosh = function(a) {
      a <- hold(a)
      paste0("((", sql_exp(a), " + ", sql_exp(hold(paste0("(-", a, ")"))), ") / 2.0)")
    },
    tanh = function(a) sql_tanh(hold(a))
  )
}

# Neither where one of them is NULL.
sql_either <- function(a, b, first, second) paste0("(CASE WHEN ", a, " ", first, " ", b, " THEN ", a, " WHEN ", a, " ", second, " ", b, " THEN ", b, " END)")

sql_power <- function(a, b) {
  exponent <- suppressWarnings(as.double(b))
  if (exponent %in% 1:4) {
    return(paste0("(", paste(rep(a, exponent), collapse = " * "), ")"))
  }
  paste0("(CASE WHEN ", a, " > 0.0 OR FLOOR(", b, ") = ", b, " THEN POWER(", a, ", ", b, ") END)")
}

# `z` is a column: it stands here several times. Beyond these ends some databases end the statement.
sql_exp <- function(z) paste0("(CASE WHEN ", z, " < -700.0 THEN 0.0 WHEN ", z, " <= 709.78 THEN EXP(", z, ") END)")

# e to minus the size of z, which cannot be too large.
sql_decay <- function(z, times = "") paste0("(CASE WHEN ABS(", z, ") > 350.0 THEN 0.0 ELSE EXP(-", times, "ABS(", z, ")) END)")

sql_tanh <- function(z) {
  e <- sql_decay(z, "2.0 * ")
  paste0("((CASE WHEN ", z, " < 0.0 THEN -1.0 ELSE 1.0 END) * (1.0 - ", e, ") / (1.0 + ", e, "))")
}

sql_sigmoid <- function(z) {
  e <- sql_decay(z)
  paste0("((CASE WHEN ", z, " < 0.0 THEN ", e, " ELSE 1.0 END) / (1.0 + ", e, "))")
}

sql_code <- function(table) {
  text <- paste0("i", table$input)
  cases <- paste0("WHEN ", text, " = ", sql_text(table$texts), " THEN ", sql_number(table$codes), recycle0 = TRUE)
  paste0("(CASE WHEN ", text, " IS NULL THEN ", sql_number(table$missing), " ", paste(cases, collapse = " "), " ELSE ", sql_number(table$other), " END)")
}
