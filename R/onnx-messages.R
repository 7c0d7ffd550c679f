# Protocol buffers, of which ONNX files are made, as far as these files need it: one table of messages, by which both the writer and the reader go.

# A field of a message: its number in the file, what it holds (a `kind` of below, or the name of another message), and whether there may be `several`.
# `packed`: several numbers are written as one block; when read, either way is understood, as the format asks.
wire_field <- function(number, kind, several = FALSE, packed = FALSE) list(number = number, kind = kind, several = several, packed = packed)

# The messages of ONNX (onnx.proto, version 3 of the representation and later) that a network needs, without those of training and of subgraphs.
onnx_messages <- list(
  Model = list(
    ir_version = wire_field(1, "integer"), opset_import = wire_field(8, "OperatorSet", several = TRUE), producer_name = wire_field(2, "text"),
    producer_version = wire_field(3, "text"), doc_string = wire_field(6, "text"), graph = wire_field(7, "Graph"),
    metadata_props = wire_field(14, "Entry", several = TRUE)
  ),
  OperatorSet = list(domain = wire_field(1, "text"), version = wire_field(2, "integer")),
  Entry = list(key = wire_field(1, "text"), value = wire_field(2, "text")),
  Graph = list(
    node = wire_field(1, "Node", several = TRUE), name = wire_field(2, "text"), initializer = wire_field(5, "Tensor", several = TRUE),
    input = wire_field(11, "Value", several = TRUE), output = wire_field(12, "Value", several = TRUE)
  ),
  Node = list(
    input = wire_field(1, "text", several = TRUE), output = wire_field(2, "text", several = TRUE), name = wire_field(3, "text"),
    op_type = wire_field(4, "text"), domain = wire_field(7, "text"), attribute = wire_field(5, "Attribute", several = TRUE)
  ),
  Attribute = list(
    name = wire_field(1, "text"), type = wire_field(20, "integer"), f = wire_field(2, "single"), i = wire_field(3, "integer"), s = wire_field(4, "text"),
    t = wire_field(5, "Tensor"), floats = wire_field(7, "single", several = TRUE), ints = wire_field(8, "integer", several = TRUE),
    strings = wire_field(9, "text", several = TRUE)
  ),
  Tensor = list(
    dims = wire_field(1, "integer", several = TRUE), data_type = wire_field(2, "integer"), name = wire_field(8, "text"),
    float_data = wire_field(4, "single", several = TRUE, packed = TRUE), int32_data = wire_field(5, "integer", several = TRUE, packed = TRUE),
    string_data = wire_field(6, "text", several = TRUE), int64_data = wire_field(7, "integer", several = TRUE, packed = TRUE),
    raw_data = wire_field(9, "bytes"), double_data = wire_field(10, "double", several = TRUE, packed = TRUE),
    data_location = wire_field(14, "integer")
  ),
  Value = list(name = wire_field(1, "text"), type = wire_field(2, "Type")),
  Type = list(tensor_type = wire_field(1, "TensorType")),
  TensorType = list(elem_type = wire_field(1, "integer"), shape = wire_field(2, "Shape")),
  Shape = list(dim = wire_field(1, "Dim", several = TRUE)),
  Dim = list(dim_value = wire_field(1, "integer"), dim_param = wire_field(2, "text"))
)

# How each kind stands in the file: the format calls them wire types.
wire_types <- c(integer = 0, double = 1, text = 2, bytes = 2, single = 5)

wire_type <- function(kind) if (kind %in% names(wire_types)) wire_types[[kind]] else 2

# More than any network has, and little enough that what a hostile file makes of them stays below a gigabyte, and quickly made.
wire_limits <- list(depth = 12L, fields = 3e5)

# ---- writing ---------------------------------------------------------------------------------------

# A message as bytes: a list by the names of the table, of which absent fields are left out. An empty text is an absent one, as the format has it.
wire_encode <- function(x, message, messages = onnx_messages) {
  table <- messages[[message]]
  join_bytes(lapply(names(table), function(name) {
    absent <- is.null(x[[name]]) || (table[[name]]$kind == "text" && !table[[name]]$several && !nzchar(x[[name]]))
    if (!absent) encode_field(x[[name]], table[[name]], messages)
  }))
}

join_bytes <- function(parts) as.raw(unlist(parts, use.names = FALSE))

encode_field <- function(value, field, messages) {
  kind <- field$kind
  tag <- encode_integers(field$number * 8 + if (field$packed) 2 else wire_type(kind))
  if (field$packed) {
    return(c(tag, with_length(encode_numbers(value, kind))))
  }
  if (kind %in% c("integer", "single", "double")) {
    return(join_bytes(lapply(value, function(one) c(tag, encode_numbers(one, kind)))))
  }
  if (!field$several || kind == "bytes") value <- list(value)
  join_bytes(lapply(value, function(one) {
    c(tag, with_length(switch(kind,
      text = charToRaw(enc2utf8(one)),
      bytes = one,
      wire_encode(one, kind, messages)
    )))
  }))
}

with_length <- function(bytes) c(encode_integers(length(bytes)), bytes)

encode_numbers <- function(x, kind) {
  switch(kind,
    integer = encode_integers(x),
    single = writeBin(as.double(x), raw(), size = 4L, endian = "little"),
    double = writeBin(as.double(x), raw(), size = 8L, endian = "little")
  )
}

# Seven bits a byte, the lowest first; of a negative number the two's complement, which has all of the 64 bits.
encode_integers <- function(x) {
  join_bytes(lapply(as.double(x), function(n) {
    negative <- n < 0
    rest <- if (negative) -n - 1 else n
    digits <- numeric()
    repeat {
      digits <- c(digits, rest %% 128)
      rest <- rest %/% 128
      if (rest == 0 && !negative) break
      if (length(digits) == 9L && negative) break
    }
    if (negative) digits <- c(127 - digits, 1)
    as.raw(digits + c(rep(128, length(digits) - 1L), 0))
  }))
}

# ---- reading ---------------------------------------------------------------------------------------

# The message that `bytes` are, as a list by the names of the table. What the table does not know is passed over, as the format asks. `refuse(reason)` raises
# the error; nothing is evaluated, and nothing is made larger than what was found.
wire_decode <- function(bytes, message, refuse, messages = onnx_messages, limits = wire_limits) {
  fields <- 0
  count <- function() {
    fields <<- fields + 1
    if (fields > limits$fields) refuse(paste("it has more than", format(limits$fields, big.mark = ",", scientific = FALSE), "fields"))
  }
  decode_between(bytes, 0, length(bytes), message, list(refuse = refuse, messages = messages, count = count, depth = limits$depth), 1L)
}

# Of the bytes those after `at`, up to `end`.
decode_between <- function(bytes, at, end, message, reader, depth) {
  if (depth > reader$depth) reader$refuse("its messages are nested deeper than any model's")
  table <- reader$messages[[message]]
  numbers <- vapply(table, function(field) field$number, 0)
  places <- integer()
  values <- list()
  while (at < end) {
    reader$count()
    tag <- read_integer(bytes, at, end, reader)
    part <- read_extent(bytes, tag$at, end, tag$value %% 8, reader)
    at <- part$to
    place <- match(tag$value %/% 8, numbers)
    if (is.na(place)) next
    # Element by element, since a list that is joined with another is copied.
    n <- length(places) + 1L
    places[n] <- place
    values[[n]] <- decode_field(bytes, part, tag$value %% 8, table[[place]], paste0(message, ".", names(table)[place]), reader, depth)
  }
  found <- lapply(seq_along(table), function(place) {
    here <- values[places == place]
    if (length(here) == 0L) {
      if (table[[place]]$kind == "text" && !table[[place]]$several) ""
    } else if (!table[[place]]$several) {
      # Of a field that there is once the last counts.
      here[[length(here)]]
    } else if (table[[place]]$kind %in% names(reader$messages)) {
      here
    } else {
      unlist(here)
    }
  })
  names(found) <- names(table)
  found
}

# Where the content of a field begins (`from`) and ends (`to`).
read_extent <- function(bytes, at, end, type, reader) {
  part <- switch(as.character(type),
    `0` = list(from = at, to = read_integer(bytes, at, end, reader)$at),
    `1` = list(from = at, to = at + 8),
    `2` = {
      length <- read_integer(bytes, at, end, reader)
      list(from = length$at, to = length$at + length$value)
    },
    `5` = list(from = at, to = at + 4),
    reader$refuse("it is damaged, or a file of another kind")
  )
  if (part$to > end || part$to < part$from) reader$refuse("it ends in the middle of a field")
  part
}

decode_field <- function(bytes, part, type, field, name, reader, depth) {
  kind <- field$kind
  is_block <- type == 2 && field$several && kind %in% c("integer", "single", "double")
  if (type != wire_type(kind) && !is_block) reader$refuse(paste0("its field `", name, "` is not written as one"))
  if (kind %in% names(reader$messages)) {
    return(decode_between(bytes, part$from, part$to, kind, reader, depth + 1L))
  }
  content <- if (part$to > part$from) bytes[(part$from + 1):part$to] else raw()
  switch(kind,
    bytes = content,
    text = decode_text(content, reader),
    integer = decode_integers(content, reader),
    decode_floats(content, if (kind == "single") 4L else 8L, reader)
  )
}

decode_text <- function(content, reader) {
  if (any(content == 0L)) reader$refuse("it holds text with zeros")
  text <- rawToChar(content)
  Encoding(text) <- "UTF-8"
  if (!validUTF8(text)) reader$refuse("it holds text that is not in UTF-8")
  text
}

decode_floats <- function(content, size, reader) {
  if (length(content) %% size != 0L) reader$refuse("it holds a part of a number")
  readBin(content, "double", n = length(content) %/% size, size = size, endian = "little")
}

# One number after `at`, and where it ends.
read_integer <- function(bytes, at, end, reader) {
  if (at < end && bytes[at + 1] < 128L) {
    # Most are of one byte.
    return(list(value = as.double(bytes[at + 1]), at = at + 1))
  }
  for (to in at + seq_len(min(10, end - at))) {
    if (bytes[to] < 128L) {
      return(list(value = decode_integers(bytes[(at + 1):to], reader), at = to))
    }
  }
  reader$refuse("it ends in the middle of a number, or is a file of another kind")
}

decode_integers <- function(content, reader) {
  digits <- as.integer(content)
  ends <- which(digits < 128L)
  first <- c(1L, ends[-length(ends)] + 1L)[seq_along(ends)]
  lengths <- ends - first + 1L
  if (length(digits) > 0L && digits[length(digits)] >= 128L || any(lengths > 10L)) reader$refuse("it ends in the middle of a number")
  negative <- lengths == 10L
  value <- numeric(length(ends))
  for (place in seq_len(min(10L, max(lengths, 0L)))) {
    has <- lengths >= place
    digit <- digits[first[has] + place - 1L] %% 128L
    # The last of ten has the highest bit alone.
    value[has] <- value[has] + ifelse(negative[has], if (place == 10L) 0 else 127 - digit, digit) * 128^(place - 1L)
  }
  value[negative] <- -value[negative] - 1
  if (any(abs(value) > 2^53)) reader$refuse("it holds a number beyond 2^53")
  value
}
