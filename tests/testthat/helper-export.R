# A plan (R/export-plan.R) carried out in plain R, step by step: what the languages are to say.

# `data`: a data frame, or for a fit of a matrix a matrix. A matrix with a column for each output.
run_plan <- function(plan, data) {
  n <- nrow(data)
  read <- function(i) {
    value <- if (is.data.frame(data)) data[[plan$inputs[[i]]$name]] else data[, i]
    if (plan$inputs[[i]]$kind == "levels") as.character(value) else as.double(value)
  }
  inputs <- lapply(seq_along(plan$inputs), read)
  scalars <- list()
  value <- function(e) rep_len(run_expression(e, plan, inputs, scalars), n)
  for (e in plan$scalars) scalars <- c(scalars, list(value(e)))
  table <- function(expressions) matrix(unlist(lapply(expressions, value)), n)
  vectors <- list(x = if (is.null(plan$x)) matrix(unlist(inputs), n) else table(plan$x))
  if (!is.null(plan$offset)) vectors$offset <- table(plan$offset)
  good <- rowSums(!is.finite(vectors$x)) == 0 & (if (is.null(plan$offset)) TRUE else rowSums(!is.finite(vectors$offset)) == 0)
  for (e in plan$checks) good <- good & value(e) %in% 1
  for (step in plan$steps) vectors[[step$into]] <- run_step(step, plan, vectors)
  out <- vectors[[plan$result]]
  out[!good, ] <- NA
  colnames(out) <- plan$outputs
  out
}

run_expression <- function(e, plan, inputs, scalars) {
  args <- lapply(e$args, run_expression, plan, inputs, scalars)
  a <- if (length(args) > 0L) args[[1L]]
  b <- if (length(args) > 1L) args[[2L]]
  as.double(switch(e$op,
    number = rep(e$value, length(inputs[[1L]])), input = inputs[[e$at]], scalar = scalars[[e$at]],
    missing = is.na(inputs[[e$at]]) & !is.nan(inputs[[e$at]]),
    code = {
      table <- plan$codes[[e$at]]
      text <- inputs[[table$input]]
      code <- table$codes[match(text, table$texts)]
      ifelse(is.na(text), table$missing, ifelse(is.na(match(text, table$texts)), table$other, code))
    },
    add = a + b, subtract = a - b, multiply = a * b, divide = a / b, power = a^b, modulo = a %% b, negate = -a, less = a < b, less_equal = a <= b,
    greater = a > b, greater_equal = a >= b, equal = a == b, not_equal = a != b, and = (a != 0) & (b != 0), or = (a != 0) | (b != 0), not = a == 0,
    "if" = ifelse(a != 0, b, args[[3L]]), unknown = is.na(a), is_true = a %in% 1, among = ifelse(is.na(a), NA, a %in% e$values),
    min = pmin(a, b), max = pmax(a, b), suppressWarnings(get(e$op, baseenv())(a))
  ))
}

run_step <- function(step, plan, vectors) {
  x <- if (length(step$from) == 1L) vectors[[step$from]]
  constant <- function(what) plan$constants[[step[[what]]]]
  by_row <- function(what) rep(constant(what), each = nrow(x))
  switch(step$op,
    standardise = (x - by_row("center")) / by_row("scale"),
    bend = {
      for (j in step$clipped) x[, j] <- x[, j] / sqrt(1 + (x[, j] / 3)^2)
      for (curve in step$curves) {
        x[, curve$column] <- if (length(curve$knots) == 1L) curve$scores else stats::approx(curve$knots, curve$scores, x[, curve$column], rule = 2)$y
      }
      x
    },
    pieces = do.call(cbind, lapply(step$pieces, function(piece) {
      e <- piece$edges
      vapply(seq_len(length(e) - 1L), function(i) pmin(pmax((x[, piece$column] - e[i]) / (e[i + 1L] - e[i]), 0), 1), x[, 1L])
    })),
    take = do.call(cbind, lapply(step$parts, function(part) if (is.null(part$at)) vectors[[part$from]] else vectors[[part$from]][, part$at, drop = FALSE])),
    linear = {
      z <- x %*% constant("weights")
      if (is.null(step$biases)) z else z + rep(constant("biases"), each = nrow(z))
    },
    times = x * by_row("factors"),
    plus = Reduce(`+`, vectors[step$from]),
    activate = run_activation(x, step$activation),
    norm = {
      centered <- x - rowMeans(x)
      centered / sqrt(rowMeans(centered^2) + step$epsilon) * by_row("factors") + by_row("biases")
    },
    softmax = {
      e <- exp(x - apply(x, 1L, max))
      e / rowSums(e)
    },
    shares = {
      made <- vectors[[step$from[1L]]]
      left <- rep(rowSums(made) > 0, ncol(made))
      matrix(ifelse(left, made / rowSums(made), vectors[[step$from[2L]]]), nrow(made))
    },
    rescale = x * by_row("scale") + by_row("center"),
    clamp = pmin(pmax(x, by_row("lower")), by_row("upper")),
    mean = Reduce(`+`, Map(`*`, vectors[step$from], step$shares))
  )
}

# A fit that computes in double precision, whatever it was trained in: what languages are held to.
in_double <- function(fit) {
  fit$settings$precision <- "double"
  if (is_ensemble(fit)) {
    fit$members <- lapply(fit$members, function(member) {
      member$settings$precision <- "double"
      member
    })
  }
  fit
}

# By the definitions in R's own functions, none of the package's.
run_activation <- function(z, name) {
  switch(name,
    sigmoid = stats::plogis(z), tanh = tanh(z), relu = pmax(z, 0), leaky_relu = ifelse(z < 0, 0.01 * z, z), elu = ifelse(z < 0, expm1(z), z),
    selu = 1.0507009873554805 * ifelse(z < 0, 1.6732632423543772 * expm1(z), z), gelu = z * stats::pnorm(z), softplus = pmax(z, 0) + log1p(exp(-abs(z))),
    silu = z * stats::plogis(z), softsign = z / (1 + abs(z)), exp = exp(z), log = log(z), cosine = suppressWarnings(cos(2 * pi * z)), sine = suppressWarnings(sin(2 * pi * z))
  )
}

# ---- exported files, run: each gives a matrix as nn_predict() does, of a factor of two levels the second one's column ---------------

# `cases`: a list, by name, of lists of `fit` and `data`. The values of nn_predict() in double precision.
expected_of <- function(case) {
  if (!is.null(case$expected)) {
    return(case$expected)
  }
  offset <- if (is.matrix(case$data) && "offset" %in% colnames(case$data)) case$data[, "offset"]
  unname(suppressWarnings(nn_predict(in_double(case$fit), case$data, offset = offset)))
}

as_expected <- function(values, case) {
  values <- unname(as.matrix(values))
  storage.mode(values) <- "double"
  # Of classes in order, and under a softmax, nn_predict() gives both.
  if (length(case$fit$outcome$levels) == 2L && count_predictions(case$fit) == 1L) values[, 2L, drop = FALSE] else values
}

# Beside the numbers, the classes that a file gives.
with_class <- function(values, class) structure(values, class_of_row = class)

# The largest difference, relative to 1 + |p|; Inf where other rows are NA.
exported_difference <- function(found, expected) {
  if (!identical(dim(found), dim(expected)) || !identical(is.na(found), is.na(expected))) {
    return(Inf)
  }
  difference <- abs(found - expected) / (1 + abs(expected))
  if (all(is.na(difference))) 0 else max(difference, na.rm = TRUE)
}

run_r <- function(case) {
  file <- nn_export(case$fit, withr::local_tempfile(fileext = ".R"), name = "predict_case")
  # Nothing but base R is seen.
  env <- new.env(parent = baseenv())
  sys.source(file, env)
  made <- env$predict_case(case$data)
  with_class(as_expected(made[setdiff(names(made), ".pred_class")], case), as.character(made$.pred_class))
}

# Columns of the data as the file wants them.
given_columns <- function(case) {
  plan <- export_plan(case$fit)
  columns <- lapply(seq_along(plan$inputs), function(i) if (is.data.frame(case$data)) case$data[[plan$inputs[[i]]$name]] else case$data[, i])
  list(plan = plan, columns = columns, texts = vapply(plan$inputs, function(input) input$kind == "levels", NA))
}

# All of them by one call of gcc, whose warnings are errors.
run_c <- function(cases) {
  folder <- withr::local_tempdir()
  names <- paste0("case", seq_along(cases))
  given <- lapply(cases, given_columns)
  for (i in seq_along(cases)) {
    nn_export(cases[[i]]$fit, file.path(folder, paste0(names[i], ".c")), name = names[i])
    writeLines(c_caller(names[i], given[[i]]), file.path(folder, paste0("call_", names[i], ".c")))
  }
  library <- file.path(folder, "cases.so")
  said <- suppressWarnings(system2("gcc", c(
    "-std=c99", "-Wall", "-Wextra", "-Werror", "-pedantic", "-shared", "-fPIC", "-o", library, file.path(folder, paste0("call_", names, ".c")), "-lm"
  ), stdout = TRUE, stderr = TRUE))
  if (!file.exists(library)) stop(paste(utils::head(said, 20L), collapse = "\n"))
  loaded <- dyn.load(library)
  on.exit(dyn.unload(library))
  Map(function(case, given, name) {
    n <- nrow(case$data)
    k <- given$plan$lengths[[given$plan$result]]
    numbers <- unlist(c(0, lapply(given$columns[!given$texts], as.double)))
    texts <- enc2utf8(unlist(c("", lapply(given$columns[given$texts], as.character))))
    out <- .C(paste0("call_", name), n, numbers, texts, as.integer(is.na(texts)), out = numeric(n * k), class = integer(n), NAOK = TRUE)
    values <- matrix(out$out, n, byrow = TRUE)
    values[is.nan(values)] <- NA
    with_class(as_expected(values, case), given$plan$classes[ifelse(out$class < 0L, NA, out$class + 1L)])
  }, cases, given, names)
}

c_caller <- function(name, given) {
  place <- cumsum(!given$texts)
  place_of_text <- cumsum(given$texts)
  numbers <- paste0("numbers[1 + ", place - 1L, " * n + r]")
  texts <- paste0("gaps[1 + ", place_of_text - 1L, " * n + r] ? 0 : texts[1 + ", place_of_text - 1L, " * n + r]")
  values <- paste(ifelse(given$texts, texts, numbers), collapse = ", ")
  k <- given$plan$lengths[[given$plan$result]]
  c(
    paste0("#include \"", name, ".c\""),
    paste0("void call_", name, "(int *rows, double *numbers, char **texts, int *gaps, double *out, int *classes)"), "{",
    "  int r, n = *rows;", "  (void) numbers; (void) texts; (void) gaps; (void) classes;", "  for (r = 0; r < n; r++) {",
    if (given$plan$matrix) paste0("    double row[] = {", values, "};") else paste0("    ", name, "_input row = {", values, "};"),
    paste0("    ", name, "(", if (given$plan$matrix) "row" else "&row", ", out + r * ", k, ");"),
    if (!is.null(given$plan$classes)) paste0("    classes[r] = ", name, "_class(out + r * ", k, ");"), "  }", "}"
  )
}

# All of them in one process of Node.
run_js <- function(cases, ending = ".js") {
  folder <- withr::local_tempdir()
  names <- paste0("case", seq_along(cases))
  given <- lapply(cases, given_columns)
  rows <- Map(function(case, given, name) {
    nn_export(case$fit, file.path(folder, paste0(name, ending)), name = name)
    cells <- Map(function(column, text) {
      value <- if (text) js_text(ifelse(is.na(column), "", as.character(column))) else js_number(as.double(column))
      ifelse(is.na(column) & !(is.double(column) & is.nan(column)), "null", value)
    }, given$columns, given$texts)
    keys <- js_text(vapply(given$plan$inputs, function(input) input$name, ""))
    lines <- vapply(seq_len(nrow(case$data)), function(r) {
      values <- vapply(cells, function(cell) cell[[r]], "")
      if (given$plan$matrix) paste0("[", paste(values, collapse = ", "), "]") else paste0("{", paste0("[", keys, "]: ", values, collapse = ", "), "}")
    }, "")
    paste0("[\n", paste(lines, collapse = ",\n"), "\n]")
  }, cases, given, names)
  script <- file.path(folder, "run.mjs")
  writeLines(c(
    paste0("import ", names, " from \"./", names, ending, "\";"),
    "const show = (a) => a === null ? \"NA\" : typeof a === \"number\" ? String(a) : encodeURIComponent(a);",
    paste0("console.log(", rows, ".map(", names, ").map((made) => Object.values(made).map(show).join(\" \")).join(\"\\n\") + \"\\n;\");")
  ), script)
  said <- suppressWarnings(system2("node", script, stdout = TRUE, stderr = TRUE))
  parts <- split(said, cumsum(c(FALSE, utils::head(said == ";", -1L))))
  if (length(parts) != length(cases)) stop(paste(utils::head(said, 20L), collapse = "\n"))
  Map(function(case, lines) {
    values <- do.call(rbind, strsplit(lines[lines != ";"], " ", fixed = TRUE))
    values[values == "NA"] <- NA
    # Of a factor the last one is the class.
    last <- if (!is.null(case$fit$outcome$levels)) ncol(values)
    numbers <- values[, setdiff(seq_len(ncol(values)), last), drop = FALSE]
    with_class(as_expected(matrix(as.double(numbers), nrow(numbers)), case), vapply(values[, last], function(text) if (is.na(text)) NA_character_ else utils::URLdecode(text), ""))
  }, cases, parts)
}

# In SQLite, in memory.
run_sql <- function(case, dialect = "sqlite") {
  connection <- DBI::dbConnect(RSQLite::SQLite(), ":memory:")
  on.exit(DBI::dbDisconnect(connection))
  given <- given_columns(case)
  table <- as.data.frame(Map(function(column, text) if (text) as.character(column) else as.double(column), given$columns, given$texts), check.names = FALSE)
  names(table) <- vapply(given$plan$inputs, function(input) input$name, "")
  table[["the \"row\""]] <- seq_len(nrow(table))
  DBI::dbWriteTable(connection, "a \"table\"", table)
  file <- nn_export(case$fit, withr::local_tempfile(fileext = ".sql"), table = "a \"table\"", key = "the \"row\"", dialect = dialect)
  text <- readChar(file, file.size(file), useBytes = TRUE)
  Encoding(text) <- "UTF-8"
  made <- DBI::dbGetQuery(connection, text)
  made <- made[order(made[[1L]]), ]
  with_class(as_expected(made[setdiff(names(made)[-1L], ".pred_class")], case), made$.pred_class)
}
