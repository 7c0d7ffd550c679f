engine_row_keys <- function(seed, first, count, purpose) {
  i <- first + seq_len(count)
  list(keys = ((i * 0.6180339887498949 * if (purpose == "held") 1.7 else 1) + seed / 7919) %% 1)
}
