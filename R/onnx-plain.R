# What a fit is beyond its graph, as plain data in a text of an ONNX file: numbers, texts and lists with their names. No expression, no function and no
# environment is ever written or read, so that reading a file of unknown origin evaluates nothing.

# A value of R's: its `kind` is the place in plain_kinds, `missing` are the places of texts that are NA.
plain_messages <- list(
  Plain = list(
    kind = wire_field(1, "integer"), integers = wire_field(2, "integer", several = TRUE, packed = TRUE),
    doubles = wire_field(3, "double", several = TRUE, packed = TRUE), texts = wire_field(4, "text", several = TRUE),
    missing = wire_field(5, "integer", several = TRUE, packed = TRUE), elements = wire_field(6, "Plain", several = TRUE),
    names = wire_field(7, "text", several = TRUE), attributes = wire_field(8, "Plain")
  )
)

plain_kinds <- c("null", "logical", "integer", "double", "character", "list", "name")

# Attributes, besides names, and classes that the parts of a fit have. Others could make a function of some package run.
plain_attributes <- c("dim", "dimnames", "row.names", "class")

plain_classes <- c("nn_fit", "nn_ensemble", "nn_optimizer", "nn_schedule", "nn_embedding", "nn_layers", "nn_layer", "data.frame")

# The value as a message. `refuse(value)` is called for what is no plain data.
as_plain <- function(x, refuse) {
  type <- if (is.null(x)) "null" else if (is.name(x)) "name" else typeof(x)
  known <- attributes(x)
  known$names <- NULL
  if (!type %in% plain_kinds || !all(names(known) %in% plain_attributes) || !all(known$class %in% plain_classes)) refuse(x)
  out <- list(kind = match(type, plain_kinds))
  if (type %in% c("logical", "integer")) {
    # NA is the integer that R has for it.
    values <- as.double(x)
    out$integers <- replace(values, is.na(values), -2^31)
  } else if (type == "double") {
    out$doubles <- as.double(x)
  } else if (type == "character") {
    out$texts <- replace(as.character(x), is.na(x), "")
    out$missing <- which(is.na(x))
  } else if (type == "name") {
    out$texts <- as.character(x)
  } else if (type == "list") {
    out$elements <- lapply(unclass(x), as_plain, refuse)
  }
  out$names <- names(x)
  if (length(known) > 0L) {
    # As they are stored: row.names that count would come out in full.
    if ("row.names" %in% names(known)) known$row.names <- .row_names_info(x, 0L)
    out$attributes <- as_plain(known, refuse)
  }
  out
}

# The other way. `refuse(reason)` raises an error.
from_plain <- function(x, refuse) {
  if (!isTRUE(x$kind %in% seq_along(plain_kinds))) refuse("it describes a value of no known kind")
  integers <- function() {
    values <- as.double(x$integers)
    if (any(abs(values) > 2^31 | values == 2^31)) refuse("it describes an integer that is too large")
    as.integer(replace(values, values == -2^31, NA))
  }
  value <- switch(plain_kinds[x$kind],
    null = NULL,
    logical = as.logical(integers()),
    integer = integers(),
    double = as.double(x$doubles),
    character = {
      texts <- as.character(x$texts)
      if (!all(x$missing %in% seq_along(texts))) refuse("it describes a text that there is not")
      replace(texts, as.integer(x$missing), NA)
    },
    list = lapply(x$elements, from_plain, refuse),
    name = {
      if (length(x$texts) != 1L || !nzchar(x$texts)) refuse("it describes a name that there is not")
      as.name(x$texts)
    }
  )
  if (!is.null(x$names)) {
    if (length(x$names) != length(value)) refuse("it describes names of what there is not")
    names(value) <- x$names
  }
  if (is.null(x$attributes)) {
    return(value)
  }
  known <- from_plain(x$attributes, refuse)
  if (!is.list(known) || !all(names(known) %in% plain_attributes) || !all(known$class %in% plain_classes)) refuse("it describes an object of no known class")
  # What does not go with the value (a dim of another length) is an error of R's.
  tryCatch(
    {
      attributes(value) <- c(attributes(value), known)
      value
    },
    error = function(cnd) refuse("it describes an object that cannot be")
  )
}

# ---- bytes as text ---------------------------------------------------------------------------------

base64_letters <- charToRaw("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

# Three bytes are four letters of six bits each (RFC 4648, section 4).
to_base64 <- function(bytes) {
  missing <- -length(bytes) %% 3L
  three <- matrix(c(as.integer(bytes), integer(missing)), nrow = 3L)
  number <- three[1L, ] * 65536L + three[2L, ] * 256L + three[3L, ]
  letters <- base64_letters[rbind(number %/% 262144L, number %/% 4096L %% 64L, number %/% 64L %% 64L, number %% 64L) + 1L]
  if (missing > 0L) letters[length(letters) + 1L - seq_len(missing)] <- charToRaw("=")
  rawToChar(letters)
}

from_base64 <- function(text, refuse) {
  letters <- charToRaw(text)
  padding <- sum(utils::tail(letters, 2L) == charToRaw("="))
  digits <- match(letters, base64_letters) - 1L
  digits[length(letters) + 1L - seq_len(padding)] <- 0L
  if (length(letters) %% 4L != 0L || anyNA(digits)) refuse("its description of the model is damaged")
  four <- matrix(digits, nrow = 4L)
  number <- four[1L, ] * 262144L + four[2L, ] * 4096L + four[3L, ] * 64L + four[4L, ]
  bytes <- as.raw(rbind(number %/% 65536L, number %/% 256L %% 256L, number %% 256L))
  bytes[seq_len(length(bytes) - padding)]
}
