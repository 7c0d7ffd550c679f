# Plain values of R as JSON, for pages of our own: the package asks for no other that writes it.

# Lists with names are objects, others arrays; texts and numbers are arrays where there are several, or where `I()` says so. NULL is null.
json_text <- function(x) {
  if (is.null(x)) {
    return("null")
  }
  # A part that is JSON already.
  if (inherits(x, "json_written")) {
    return(unclass(x))
  }
  if (is.list(x)) {
    parts <- vapply(x, json_text, "", USE.NAMES = FALSE)
    if (length(x) == 0L || is.null(names(x))) {
      return(if (length(x) == 0L && !is.null(names(x))) "{}" else paste0("[", paste(parts, collapse = ","), "]"))
    }
    return(paste0("{", paste0(json_strings(names(x)), ":", parts, collapse = ","), "}"))
  }
  parts <- switch(typeof(x), character = json_strings(x), logical = ifelse(x, "true", "false"), json_numbers(x))
  if (length(parts) == 1L && !inherits(x, "AsIs")) parts else paste0("[", paste(parts, collapse = ","), "]")
}

# As few digits as give the very number back, 17 at most; NA, NaN and Inf as R writes them.
shortest_numbers <- function(x) {
  x <- as.double(x)
  text <- sprintf("%.15g", x)
  long <- is.finite(x) & suppressWarnings(as.double(text)) != x
  text[long] <- sprintf("%.17g", x[long])
  text
}

# JSON has no word for what is not finite: those are texts.
json_numbers <- function(x) {
  x <- as.double(x)
  text <- shortest_numbers(x)
  text[is.nan(x) | is.na(x)] <- "\"NaN\""
  infinite <- !is.na(x) & is.infinite(x)
  text[infinite] <- ifelse(x[infinite] < 0, "\"-Infinity\"", "\"Infinity\"")
  text
}

# Inside a page nothing in a text may end the script that holds it: js_text() escapes all that could. Bytes that are no UTF-8 are shown as such.
json_strings <- function(x) {
  if (length(x) == 0L) {
    return(character())
  }
  plain <- grepl("^[A-Za-z0-9 _.,:;()*+/{}=^-]*$", x, useBytes = TRUE)
  text <- paste0("\"", x, "\"")
  if (!all(plain)) {
    others <- enc2utf8(x[!plain])
    valid <- validUTF8(others)
    others[!valid] <- iconv(others[!valid], "UTF-8", "UTF-8", sub = "byte")
    text[!plain] <- js_text(others)
  }
  text
}
