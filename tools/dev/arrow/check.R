# What readers of Arrow streams give, against what pyarrow was given: types, dictionaries, slices, a folder of Parquet files, faults. usage: check.R FOLDER
if (!"backprop" %in% loadedNamespaces()) library(backprop)
folder <- commandArgs(TRUE)[1L]
open_reader <- backprop:::open_reader

passed <- 0L
failed <- 0L
check <- function(claim, code) {
  error <- tryCatch(if (isTRUE(code)) NULL else "not so", error = conditionMessage)
  if (is.null(error)) {
    passed <<- passed + 1L
  } else {
    failed <<- failed + 1L
    cat("FAILED: ", claim, "\n  ", error, "\n", sep = "")
  }
}

is_same <- function(found, wanted) {
  differences <- all.equal(found, wanted, tolerance = 0)
  if (identical(found, wanted)) TRUE else stop(paste(c(differences, "not identical"), collapse = "; "))
}

python <- reticulate::py_run_string("
import datetime
import decimal
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq

def typed():
    return pa.table({
        'flag': pa.array([True, None, False, True]),
        'i8': pa.array([-128, None, 127, 0], pa.int8()),
        'u8': pa.array([255, None, 0, 1], pa.uint8()),
        'i16': pa.array([-32768, None, 1, 2], pa.int16()),
        'u16': pa.array([65535, None, 1, 2], pa.uint16()),
        'i32': pa.array([2147483647, None, -2147483647, 2], pa.int32()),
        'u32': pa.array([4294967295, None, 1, 2], pa.uint32()),
        'i64': pa.array([2**53, None, -2**53, 2], pa.int64()),
        'u64': pa.array([2**53, None, 1, 2], pa.uint64()),
        'f16': pa.array([0.5, None, -2.0, float('inf')], pa.float32()).cast(pa.float16()),
        'f32': pa.array([0.5, None, -2.0, float('inf')], pa.float32()),
        'f64': pa.array([0.1, None, float('nan'), -1e300]),
        'nothing': pa.nulls(4),
        'text': pa.array(['b', None, '\\u00e4 and more than twelve bytes', '']),
        'large': pa.array(['b', None, 'a', 'b'], pa.large_string()),
        'view': pa.array(['b', None, 'more than twelve bytes', 'b'], pa.string_view()),
        'levels': pa.array(['b', None, 'a', 'b']).dictionary_encode(),
    })

def reader(table, size):
    return pa.RecordBatchReader.from_batches(table.schema, table.to_batches(max_chunksize = int(size)))

def changing():
    batches = [pa.record_batch({'g': pa.array(values).dictionary_encode()}) for values in (['x', 'y'], ['z', 'y'], ['x', None])]
    return pa.Table.from_batches(batches).to_reader()

def unread():
    return pa.table({
        'y': [1.0, 2.0],
        'price': pa.array([decimal.Decimal('1.50'), None], pa.decimal128(10, 2)),
        'day': pa.array([datetime.date(2024, 1, 2)] * 2),
        'at': pa.array([datetime.datetime(2024, 1, 2)] * 2, pa.timestamp('us', 'UTC')),
        'parts': pa.array([[1], [2, 3]]),
    })

def failing():
    def batches():
        yield pa.record_batch({'x': [1.0, 2.0]})
        yield pa.record_batch({'x': [3.0]})
        raise ValueError('the disk is {gone}: 100% %s')
    return pa.RecordBatchReader.from_batches(pa.schema([('x', pa.float64())]), batches())

def write(folder, rows, files):
    import numpy as np
    draw = np.random.default_rng(1)
    for number in range(int(files)):
        x = draw.normal(size = (int(rows), 3))
        g = draw.integers(0, 3, int(rows))
        table = pa.table({
            'x1': x[:, 0], 'x2': x[:, 1].astype('float32'), 'x3': pa.array(x[:, 2], mask = draw.random(int(rows)) < 0.02),
            'g': pa.array([['a', 'b', 'c'][k] for k in g]), 'f': x[:, 0] > 0.5,
            'w': draw.integers(1, 4, int(rows)).astype('int32'), 'y': x[:, 0] - 0.5 * x[:, 1] + g,
            'class': pa.array([['no', 'yes'][int(v > 0)] for v in x[:, 0] + x[:, 1]]).dictionary_encode(),
        })
        pq.write_table(table, f'{folder}/part-{number:03}.parquet', row_group_size = 1000)

def dataset(folder):
    return ds.dataset(folder)

def wide(rows):
    import numpy as np
    x = np.random.default_rng(1).normal(size = (20, int(rows)))
    return pa.table({f'x{k}': x[k] for k in range(20)})
", convert = FALSE)

# All chunks of a reader, one below the other.
collect <- function(reader) {
  cursor <- open_reader(reader)
  on.exit(cursor$close())
  chunks <- list()
  while (!is.null(chunk <- cursor$next_chunk())) chunks <- c(chunks, list(chunk))
  do.call(rbind, chunks)
}
refusal <- function(code) tryCatch({
  code
  "nothing was refused"
}, backprop_error_reader = function(cnd) cli::ansi_strip(conditionMessage(cnd)))

typed <- data.frame(
  flag = c(TRUE, NA, FALSE, TRUE), i8 = c(-128L, NA, 127L, 0L), u8 = c(255L, NA, 0L, 1L), i16 = c(-32768L, NA, 1L, 2L), u16 = c(65535L, NA, 1L, 2L),
  i32 = c(.Machine$integer.max, NA, -.Machine$integer.max, 2L), u32 = c(4294967295, NA, 1, 2), i64 = c(2^53, NA, -2^53, 2), u64 = c(2^53, NA, 1, 2),
  f16 = c(0.5, NA, -2, Inf), f32 = c(0.5, NA, -2, Inf), f64 = c(0.1, NA, NaN, -1e300), nothing = NA,
  text = c("b", NA, "\u00e4 and more than twelve bytes", ""), large = c("b", NA, "a", "b"), view = c("b", NA, "more than twelve bytes", "b"),
  levels = factor(c("b", NA, "a", "b"), levels = c("b", "a"))
)
for (size in c(1, 3, 4)) {
  check(paste("columns of every type are R's, in batches of", size), {
    is_same(collect(nn_reader(function() python$reader(python$typed(), size))), typed)
  })
}
check("NA and NaN are told apart", {
  found <- collect(nn_reader(function() python$reader(python$typed(), 4)))$f64
  is_same(is.nan(found), c(FALSE, FALSE, TRUE, FALSE))
})
check("slices are the rows that they show", {
  is_same(collect(nn_reader(function() python$typed()$slice(1L, 2L))), `rownames<-`(typed[2:3, ], NULL))
})
check("dictionaries that change keep their levels", {
  found <- collect(nn_reader(function() python$changing()))$g
  is_same(found, factor(c("x", "y", "z", "y", "x", NA), levels = c("x", "y", "z")))
})
check("columns that are not read are named when the formula wants them", {
  of <- function(formula) refusal(collect(nn_reader(function() python$unread(), formula)))
  all <- of(y ~ .)
  grepl("`price` is a decimal128(10, 2).", all, fixed = TRUE) && grepl("`day` is a date32", all, fixed = TRUE) &&
    grepl("`at` is a timestamp(us, UTC)", all, fixed = TRUE) && grepl("`parts` is a list", all, fixed = TRUE) &&
    grepl("price", of(y ~ price)) && !grepl("day", of(y ~ price)) && of(y ~ 1) == "nothing was refused"
})
check("whole numbers beyond 2^53 are refused by their column", {
  big <- reticulate::py_run_string("import pyarrow as pa\nbig = pa.table({'id': pa.array([2**53 + 1, 1])})", convert = FALSE)
  grepl("column `id` has whole numbers beyond 2^53", refusal(collect(nn_reader(function() big$big))), fixed = TRUE)
})
check("a stream that fails says so in its own words, after the rows before it", {
  cursor <- open_reader(nn_reader(function() python$failing()))
  rows <- c(nrow(cursor$next_chunk()), nrow(cursor$next_chunk()))
  said <- refusal(cursor$next_chunk())
  is_same(rows, 2:1) && grepl("the disk is {gone}: 100% %s", said, fixed = TRUE)
})
check("a stream that is left in its middle is closed", {
  cursor <- open_reader(nn_reader(function() python$reader(python$typed(), 1)))
  cursor$next_chunk()
  cursor$close()
  is.null(cursor$next_chunk())
})
check("what gives no stream is refused", {
  grepl("must open an Arrow stream", refusal(collect(nn_reader(function() reticulate::r_to_py(list(1))))), fixed = TRUE) &&
    grepl("data frame is a source itself", refusal(collect(nn_reader(function() mtcars))), fixed = TRUE)
})

python$write(folder, 1500, 3)
table <- collect(nn_reader(function() python$dataset(folder)))
check("a folder of Parquet files is all its rows", is_same(c(nrow(table), ncol(table)), c(4500L, 8L)) && anyNA(table$x3) && is.character(table$g))
check("a dataset is read again from its start", {
  is_same(collect(nn_reader(function() python$dataset(folder)$scanner(batch_size = 77L))), table)
})

# What the engine says of a training on rows in memory, and on the same rows as it reads them from the stream by a plan.
by_plan <- function(formula, ..., plan, targets = 1L) {
  package <- asNamespace("backprop")
  in_memory <- package$engine_train
  put <- function(what) {
    unlockBinding("engine_train", package)
    assign("engine_train", what, envir = package)
  }
  on.exit(put(in_memory))
  answers <- NULL
  put(function(spec, x, y, case_weights, offset, start, hook) {
    open <- package$guarded_hook(function(part) package$arrow_address(python$dataset(folder)))
    stream <- list(
      rows = nrow(x), inputs = ncol(x), targets = targets, offsets = NCOL(offset) * !is.null(offset), case_weights = !is.null(case_weights),
      native = c(list(parts = 1, open = open$fun, na = "omit"), plan)
    )
    answer <- in_memory(spec, x, y, case_weights, offset, start, hook)
    streamed <- in_memory(spec, structure(stream, class = "stream"), NULL, NULL, NULL, start, hook)
    answers <<- list(answer, streamed)
    answer
  })
  nn_train(formula, table, ..., hidden = 4, epochs = 5, seed = 1, shuffle = FALSE, preset = "textbook", optimizer = "adam", batch_size = 50, na_action = "omit", progress = FALSE)
  is_same(answers[[2L]], answers[[1L]])
}
number <- function(column) list(column = column, kind = "number")
inputs <- list(
  number("x1"), number("x2"), number("x3"), list(column = "g", kind = "levels", levels = c("a", "b", "c")), list(column = "f", kind = "flag")
)
check("rows by a plan train the bits of rows in memory", {
  kept <- table$y[!is.na(table$x3)]
  moments <- asNamespace("backprop")$engine_moments(matrix(kept), NULL)
  by_plan(y ~ x1 + x2 + x3 + g + f, plan = list(inputs = inputs, outcome = c(number("y"), moments[c("center", "scale")])))
})
check("standardised and encoded too, with weights and offsets, of classes", {
  by_plan(class ~ x1 + x2 + x3 + g + f + offset(w), case_weights = table$w, standardize = "quantile", plan = list(
    inputs = inputs, outcome = list(column = "class", kind = "levels", levels = levels(table$class), targets = 1), case_weights = "w", offset = "w", offset_scale = 1
  ))
})
check("in single precision, of several classes", {
  by_plan(g ~ x1 + x2, precision = "single", targets = 3L, plan = list(
    inputs = inputs[1:2], outcome = list(column = "g", kind = "levels", levels = c("a", "b", "c"), targets = 3)
  ))
})

source_of <- function(formula) nn_reader(function() python$dataset(folder), formula)
# A file each, and one without rows.
parts_of <- function(formula) {
  files <- c(dir(folder, full.names = TRUE), NA)[c(1, 4, 2, 3)]
  nn_reader(lapply(files, function(file) {
    function() if (is.na(file)) python$dataset(dir(folder, full.names = TRUE)[1])$head(0L) else python$dataset(file)
  }), formula)
}
same_fit <- function(formula, ..., source = source_of) {
  quick <- function(data, ...) nn_train(data, ..., seed = 1, hidden = 4, epochs = 5, optimizer = "rprop", preset = "textbook", na_action = "omit", progress = FALSE)
  streamed <- quick(source(formula), ...)
  whole <- if (inherits(formula, "formula")) nn_train(formula, table, ..., seed = 1, hidden = 4, epochs = 5, optimizer = "rprop", preset = "textbook", na_action = "omit", progress = FALSE)
  fields <- c("weights", "biases", "history")
  is_same(streamed[fields], whole[fields])
}
if ("nn_train.nn_reader" %in% ls(asNamespace("backprop"), all.names = TRUE)) {
  check("a fit of plain columns has the bits of one in memory", same_fit(y ~ x1 + x2 + x3 + g + f))
  check("files that are parts of a reader are read by the plan, and have them too", {
    package <- asNamespace("backprop")
    opened <- package$native_sources(parts_of(y ~ x1))
    length(opened) == 4L && same_fit(y ~ x1 + x2 + x3 + g + f, source = parts_of)
  })
  check("so have a table and files in one reader, whatever other columns they have", {
    mixed_of <- function(formula) nn_reader(list(table[1:1500, ], function() python$dataset(dir(folder, full.names = TRUE)[2:3])), formula)
    same_fit(y ~ x1 + g, source = mixed_of)
  })
  check("with case weights too", same_fit(y ~ x1 + g, case_weights = w))
  check("a fit of classes has the bits of one in memory", same_fit(class ~ x1 + x2 + g))
  check("a fit whose formula computes has them as well", same_fit(y ~ I(x1^2) + log(w) * f))
}

rows <- 1e6
wide <- python$wide(rows)
elapsed <- system.time({
  cursor <- open_reader(nn_reader(function() python$reader(wide, 65536)))
  read <- 0
  while (!is.null(chunk <- cursor$next_chunk())) read <- read + nrow(chunk)
})[["elapsed"]]
check("a million rows of 20 numbers are read", is_same(read, rows))
cat(sprintf("chunks of R: %.1f million rows of 20 doubles a second\n", rows / elapsed / 1e6))
cat("arrow: ", passed, " passed, ", failed, " failed\n", sep = "")
if (failed > 0L) quit(status = 1L)
