# The wire format of ONNX files. Bytes that are expected are worked out by hand from the format's description (base 128, the lowest seven bits first).

stop_reading <- function(reason, ...) stop(paste("read:", reason), call. = FALSE)

reader <- list(refuse = stop_reading)

test_that("integers are written and read as base 128, negative ones as ten bytes", {
  expect_identical(encode_integers(300), as.raw(c(0xac, 0x02)))
  expect_identical(encode_integers(c(0, 1, 127, 128)), as.raw(c(0, 1, 0x7f, 0x80, 0x01)))
  expect_identical(encode_integers(-1), as.raw(c(rep(0xff, 9), 0x01)))
  x <- c(0, 1, 127, 128, 2^31, 2^53, -1, -128, -2^40)
  expect_identical(decode_integers(encode_integers(x), reader), x)
  expect_error(decode_integers(as.raw(0x80), reader), "middle of a number")
  expect_error(decode_integers(as.raw(c(rep(0xff, 8), 0x7f)), reader), "beyond 2\\^53")
})

test_that("a message is written field by field, and read back", {
  entry <- list(key = "k", value = "é")
  expect_identical(wire_encode(entry, "Entry"), as.raw(c(0x0a, 1, 0x6b, 0x12, 2, 0xc3, 0xa9)))
  expect_identical(wire_decode(wire_encode(entry, "Entry"), "Entry", stop_reading), entry)
  tensor <- onnx_tensor("w", matrix(c(1.5, -2, 3, 4), 2))
  expect_identical(tensor$dims, c(2, 2))
  read <- wire_decode(wire_encode(tensor, "Tensor"), "Tensor", stop_reading)
  expect_identical(tensor_values(read, stop_reading), matrix(c(1.5, -2, 3, 4), 2))
})

test_that("several numbers are understood as a block and one by one, and fields that are not known are passed over", {
  packed <- wire_encode(list(float_data = c(1, 2)), "Tensor")
  single <- c(as.raw(0x25), encode_numbers(1, "single"), as.raw(0x25), encode_numbers(2, "single"))
  expect_identical(wire_decode(packed, "Tensor", stop_reading), wire_decode(single, "Tensor", stop_reading))
  # Field 500 in all four ways, before a known one.
  unknown <- c(
    encode_integers(500 * 8), encode_integers(7), encode_integers(500 * 8 + 1), raw(8), encode_integers(500 * 8 + 2), as.raw(c(2, 0, 0)),
    encode_integers(500 * 8 + 5), raw(4)
  )
  expect_identical(wire_decode(c(unknown, packed), "Tensor", stop_reading), wire_decode(packed, "Tensor", stop_reading))
})

test_that("numbers of every type that a tensor can have are read", {
  read <- function(...) tensor_values(list(name = "t", ...), stop_reading)
  int64 <- function(x) as.raw(unlist(lapply(x, function(n) if (n < 0) c(256 + n, rep(255, 7)) else c(n, rep(0, 7)))))
  expect_identical(read(dims = 2, data_type = 7, raw_data = int64(c(-2, 5))), c(-2, 5))
  expect_identical(read(dims = 2, data_type = 6, raw_data = writeBin(c(-2L, 5L), raw(), endian = "little")), c(-2, 5))
  expect_identical(read(dims = 1, data_type = 11, raw_data = writeBin(pi, raw(), endian = "little")), pi)
  expect_identical(read(dims = c(1, 2), data_type = 8, string_data = c("a", "b")), matrix(c("a", "b"), 1))
  expect_error(read(dims = 3, data_type = 1, float_data = 1), "another number of values")
  expect_error(read(dims = 1, data_type = 10, raw_data = raw(2)), "of a type")
  expect_error(read(dims = 1, data_type = 1, data_location = 1), "in another file")
})

test_that("hostile lengths, depths and counts end in an error at once", {
  decode <- function(...) wire_decode(as.raw(c(...)), "Model", stop_reading)
  expect_error(decode(0x3a, 0xff, 0xff, 0xff, 0xff, 0x0f), "middle of a field")
  expect_error(decode(0x3a, rep(0xff, 9), 0x7f), "read: ")
  expect_error(decode(0x3b), "another kind")
  expect_error(decode(0x38, 1), "`Model.graph` is not written as one")
  deep <- raw()
  for (i in 1:30) deep <- c(as.raw(0x32), encode_integers(length(deep)), deep)
  expect_error(wire_decode(deep, "Plain", stop_reading, plain_messages), "nested deeper")
  # A graph's node of no content takes two bytes.
  limits <- list(depth = 12L, fields = 1000)
  expect_error(wire_decode(rep(as.raw(c(0x0a, 0)), 1001), "Graph", stop_reading, limits = limits), "more than 1,000 fields")
  expect_length(wire_decode(rep(as.raw(c(0x0a, 0)), 1000), "Graph", stop_reading, limits = limits)$node, 1000)
})
