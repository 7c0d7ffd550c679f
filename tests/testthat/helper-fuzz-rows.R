# The generator of random calls: new rows for what was trained on a problem, and what must come of them.

# `X`, the rows; `from`, the rows of training that they are (NULL: not known); `refused`, whether they must be refused.
draw_rows <- function(problem) {
  X <- problem$inputs
  n <- problem$n
  named <- !is.null(colnames(X))
  new <- switch(draw_from(c("same", "same", "order", "subset", "one", "none", "columns", "columns", "gap", "level", "form", "width", "type", "hostile")),
    same = list(X = X, from = seq_len(n)),
    order = as_rows(X, rev(seq_len(n))),
    subset = as_rows(X, sample.int(n, 3L, TRUE)),
    one = as_rows(X, sample.int(n, 1L)),
    none = as_rows(X, integer()),
    columns = if (named) with_other_columns(X, n) else list(X = X, from = seq_len(n)),
    gap = with_gaps_in_rows(X, n),
    level = with_new_levels(X),
    form = in_another_form(X, n),
    width = if (named) list(X = unname_columns(X)) else list(X = cbind(X, X), refused = TRUE),
    type = list(X = as_another_type(X)),
    hostile = list(X = hostile_value())
  )
  new
}

# Repeated row names cannot be given to a table.
as_rows <- function(X, rows) {
  X <- X[rows, , drop = FALSE]
  list(X = X, from = rows)
}

# Columns in another order, more of them, or fewer.
with_other_columns <- function(X, n) {
  places <- seq_len(ncol(X))
  draw_one(
    list(X = X[, rev(places), drop = FALSE], from = seq_len(n)),
    list(X = cbind(X, zzz = 1), from = seq_len(n)),
    list(X = X[, integer(), drop = FALSE], lacking = colnames(X)),
    list(X = X[, -1L, drop = FALSE], lacking = colnames(X)[1L])
  )
}

with_gaps_in_rows <- function(X, n) {
  row <- sample.int(n, 1L)
  column <- sample.int(ncol(X), 1L)
  # Tibbles take nothing but a column's own type.
  if (is.data.frame(X)) X <- as.data.frame(X)
  if (!is.data.frame(X) || is.numeric(X[[column]]) && is.null(dim(X[[column]]))) {
    X[row, column] <- draw_one(NA, NaN, Inf)
  } else if (is.null(dim(X[[column]]))) {
    X[[column]][row] <- NA
  }
  list(X = X)
}

with_new_levels <- function(X) {
  if (is.data.frame(X)) {
    for (name in names(X)) {
      if (is.character(X[[name]])) X[[name]][1L] <- "unheard"
      if (is.factor(X[[name]])) X[[name]] <- factor(c("unheard", as.character(X[[name]])[-1L]))
    }
  }
  list(X = X)
}

# A matrix as a table, a table as a matrix or a tibble, a row as a vector.
in_another_form <- function(X, n) {
  if (isS4(X)) {
    return(list(X = as.matrix(X), from = seq_len(n)))
  }
  if (!is.data.frame(X)) {
    return(draw_one(
      list(X = as.data.frame(X)), list(X = X[1L, ]), list(X = Matrix::Matrix(X * 1, sparse = TRUE)), list(X = as.vector(X)), list(X = as.list(as.data.frame(X)))
    ))
  }
  draw_one(
    list(X = tibble::as_tibble(X), from = seq_len(n)), list(X = as.list(X)), list(X = as.matrix(X)), list(X = X[[1L]]),
    list(X = merge(X, X[1L, ]))
  )
}

unname_columns <- function(X) {
  colnames(X) <- if (is.data.frame(X)) paste0("V", seq_along(X))
  X
}

as_another_type <- function(X) {
  if (isS4(X)) {
    return(draw_one(as.matrix(X) == 0, methods::as(X, "TsparseMatrix")))
  }
  if (!is.data.frame(X)) {
    storage.mode(X) <- draw_one("character", "complex", "list")
    return(X)
  }
  X[[1L]] <- draw_one(as.character(seq_len(nrow(X))), factor(seq_len(nrow(X))), rep(TRUE, nrow(X)), seq_len(nrow(X)), as.list(seq_len(nrow(X))), Sys.Date() + seq_len(nrow(X)))
  X
}
