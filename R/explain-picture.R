# What pictures of explanations show, as plain numbers: base graphics and ggplot2 both start from here. It is read from the columns of a table alone, so
# that parts of it can be drawn.

importance_picture <- function(x, most, main, call) {
  check_columns(x, c("variable", "importance", "lower", "upper"), "nn_importance", call)
  check_title(main, call)
  most <- check_count(most, "most", call = call)
  table <- as.data.frame(unclass(x), stringsAsFactors = FALSE)
  if (is.null(table$output)) table$output <- ""
  size <- tapply(abs(table$importance), table$variable, sum)
  variables <- utils::head(names(sort(size, decreasing = TRUE)), most)
  explained <- attr(x, "explained")
  label <- if (is.null(explained)) "importance" else words_of_importance(explained)
  list(
    table = table[table$variable %in% variables, ], variables = variables, outputs = unique(table$output), label = label,
    title = if (is.null(main)) "How much the model depends on each column" else main
  )
}

# `kind`: "line", "ice" or "surface"; `at`, the values along the axis; `lines`, by which rows of the table belong together.
partial_picture <- function(x, output, main, call) {
  check_columns(x, c("output", "estimate"), "nn_partial", call)
  check_title(main, call)
  table <- as.data.frame(unclass(x), stringsAsFactors = FALSE, optional = TRUE)
  variables <- names(table)[seq_len(match("output", names(table)) - 1L)]
  kind <- if (!is.null(table$row)) "ice" else "line"
  numeric <- vapply(table[variables], is.numeric, NA)
  several <- length(variables) == 2L
  # A number along the axis, and what has levels as lines.
  if (several && !numeric[1L] && numeric[2L]) variables <- rev(variables)
  numeric <- numeric[variables]
  if (several && all(numeric)) kind <- if (kind == "ice") refuse_ice_of_two(call) else "surface"
  if (kind != "line" || several || !is.null(output)) table <- of_output(table, output, call)
  table <- table[c(variables, setdiff(names(table), variables))]
  table$line <- as.character(if (several) table[[2L]] else table$output)
  table$at <- if (numeric[1L]) table[[1L]] else as.character(table[[1L]])
  type <- if (kind == "ice") "ice" else if (is.null(table$std_error)) "ale" else "pdp"
  shown <- unique(table$output)
  list(
    table = table, kind = kind, variables = variables, numeric = numeric[[1L]], levels = unique(table$at), lines = unique(table$line),
    label = if (length(shown) == 1L) shown else "prediction", title = if (is.null(main)) partial_title(type, shown, variables) else main
  )
}

partial_title <- function(type, shown, variables) {
  of <- if (length(shown) == 1L) paste(" of", shown) else ""
  on <- paste(variables, collapse = " and ")
  switch(type,
    pdp = paste0("Partial dependence", of, " on ", on),
    ice = paste0("Curves", of, " by ", on, ", one for each row"),
    ale = paste0("Accumulated local effects of ", on, if (nzchar(of)) paste(" on", shown))
  )
}

refuse_ice_of_two <- function(call) {
  stop_backprop("incompatible", c("Curves of single rows over two columns cannot be drawn.", i = "Draw those of one column, or {.code type = \"pdp\"}."), call = call)
}

# `height`: where a row's value of the column lies between the lowest and the highest, 0 to 1, NA where it is no number; `aside`: moved so that points that are alike lie
# beside each other.
shap_picture <- function(x, output, most, main, call) {
  check_columns(x, c("row", "output", "variable", "value", "shap", "std_error"), "nn_shap", call)
  check_title(main, call)
  most <- check_count(most, "most", call = call)
  table <- of_output(as.data.frame(unclass(x), stringsAsFactors = FALSE), output, call)
  size <- tapply(abs(table$shap), table$variable, mean)
  variables <- utils::head(names(sort(size, decreasing = TRUE)), most)
  table <- table[table$variable %in% variables, ]
  number <- suppressWarnings(as.numeric(table$value))
  by_variable <- function(value, f) stats::ave(value, table$variable, FUN = f)
  table$height <- by_variable(number, function(value) {
    ends <- range(value)
    if (anyNA(value)) NA else if (ends[1L] == ends[2L]) 0.5 else (value - ends[1L]) / (ends[2L] - ends[1L])
  })
  table$aside <- by_variable(table$shap, function(value) crowd(value, range(table$shap)))
  single <- length(unique(table$row)) == 1L
  shown <- table$output[1L]
  title <- if (single) {
    sprintf("Row %s: %s, on average %s", table$row[1L], format(table$prediction[1L], digits = 4), format(table$baseline[1L], digits = 4))
  } else {
    paste("Shapley values of", count_text(length(unique(table$row)), "row"))
  }
  list(table = table, variables = variables, single = single, label = paste("Shapley value:", shown), title = if (is.null(main)) title else main)
}

# Points that fall into the same of 60 bins stand one above, one below, and so on, within 0.35 of the line.
crowd <- function(value, range) {
  bin <- findInterval(value, seq(range[1L], range[2L], length.out = 61L))
  stats::ave(value, bin, FUN = function(own) {
    n <- length(own)
    side <- (seq_len(n) %/% 2) * c(-1, 1)[1L + seq_len(n) %% 2]
    side * min(0.05, 0.7 / n)
  })
}

of_output <- function(table, output, call) {
  known <- unique(table$output)
  if (is.null(output)) output <- known[1L]
  check_choice(output, "output", known, call)
  table[table$output == output, ]
}

check_columns <- function(x, columns, class, call) {
  lost <- setdiff(columns, names(x))
  if (length(lost) > 0L || NROW(x) == 0L) {
    stop_backprop("argument", c(
      "There is nothing to draw.", x = if (length(lost) > 0L) "It has no column {.val {lost}}, as {.fn {class}} gives it." else "It has no rows."
    ), call = call)
  }
}
