# The loss over two weights and the paths that trainings take down it: the object, and the methods that make it.
#
# The object (class `nn_path`) is a plain list:
#   surface     data frame with a row per point of a grid: x, y (the first runs fastest) and loss
#   paths       data frame with a row per point of a path: method (a factor), iteration (updates done), epoch, x, y, loss
#   axes        what x and y are, in words; along: "weights", "random" or "pca"
#   explained   of "pca", the share of the paths' movement along each axis; else NULL
#   plane       origin and directions [parameters x 2]: the point (x, y) is the network with the parameters origin + directions %*% c(x, y)
#   held        how many parameters the surface does not vary, and as of which point: c("end", "start") of the first method
#   exact       whether each point of a path lies on the surface, since nothing is held
#   fits        what nn_train() gives with each method's arguments, by name; methods, these arguments; seed
# path-train.R makes the paths, path-plane.R the plane and the surface.

#' The path down the loss
#'
#' Trains one network from one start by several methods (full batches, single rows, mini-batches, or any others), and shows the paths that its
#' weights take over the surface of the loss: the loss of all rows as a function of two chosen weights, or along two directions.
#' The points of a path are the engine's own steps: the last one has, to the last bit, the weights that [nn_train()] gives with the same arguments.
#'
#' @section Methods:
#' `methods` is a named list with an element for each path: a list of those arguments of [nn_train()] that say how to descend (`optimizer`, `lr`, `batch_size`,
#' `shuffle`, `lr_schedule`, `clip_norm`), or an optimizer, by name or from [opt_adam()] and its like. `NULL` compares
#'
#' * `"full batch"`: all rows in each update, `list(optimizer = "gd")`;
#' * `"SGD"`: one row in each update, `list(optimizer = "sgd", batch_size = 1)`;
#' * `"mini-batch"`: a few rows in each, the root of their number, 32 at most.
#'
#' Under `family = "cox"`, which compares every row with all others, it is the full batch alone.
#'
#' All else (network, start, loss, penalty, learning rate where the method has none of its own) is the same for all. Without an `lr` each optimizer has
#' its own default, which is 0.1 for `"gd"` and 0.01 for `"sgd"`.
#'
#' @section The surface:
#' Its height is what training makes small: the loss of all training rows, and the penalty where there is one, without dropout. Two numbers of the
#' network vary, or all of them along two directions:
#'
#' | `along` | axes |
#' |---|---|
#' | `NULL` | the two weights of a network that has no more; else the two numbers that the paths changed most |
#' | two names or numbers | these weights or biases. Names are those of [vcov.nn_fit()], as `"layer1:x1->h1"`; `"x1->h1"` will do where it is the only one |
#' | `"pca"` | the two directions in which the paths move most (principal components about the held point) |
#' | `"random"` | two random directions by `seed`, each unit's weights in them as long as the unit's own (Li et al., 2018); biases stay |
#'
#' What does not vary is held as it is at the end (or, by `hold = "start"`, at the start) of the first method's path. A path in a network of more
#' than two numbers does not lie on the surface but is seen from above: its points have a loss of their own, in `paths$loss`. The
#' frame takes in all points but those whose loss is more than twice that of the start: of a path that leaves, the beginning is shown.
#'
#' @param X,Y Inputs and outcome, as for [nn_train()].
#' @param formula,data A formula and a data frame, as for [nn_train()].
#' @param hidden,lr As for [nn_train()].
#' @param epochs How many epochs each method trains.
#' @param along The axes, see below.
#' @param methods The methods to compare, see below.
#' @param each Whether a path has a point after each update (`"iteration"`) or after each `"epoch"`, which takes less memory.
#' @param hold Where the numbers that do not vary are taken from: the `"end"` or the `"start"` of the first path.
#' @param limits `NULL`, or a list of two ranges, `list(c(from, to), c(from, to))`: the frame of the surface.
#' @param grid How many points the surface has along each axis, 2 to 401.
#' @param seed Seed of the start, of the order of rows, and of random directions; `NULL` draws one.
#' @param ... Further arguments of [nn_train()] that all methods share (`bias`, `activation`, `loss`, `start`, `penalty`, ...). What would make several
#'   trainings or keep other weights than the last (`ensemble`, `restarts`, `validation`, `stop_iter`, ...) is refused.
#' @return A list of class `nn_path`, which [plot()][plot.nn_path], [ggplot2::autoplot()] and [nn_animate()] draw:
#' \describe{
#'   \item{`paths`}{data frame with a row per point: `method`, `iteration` (updates done, 0 at the start), `epoch`, `x`, `y`, `loss`; it is what
#'     `as.data.frame()` gives}
#'   \item{`surface`}{data frame of the grid: `x`, `y`, `loss`; `NA` where the loss is no finite number}
#'   \item{`axes`, `along`, `explained`, `plane`, `held`, `exact`}{what x and y are; for `"pca"` the share of the movement that each explains; the point
#'     (x, y) is the network whose parameters, in the order of [vcov.nn_fit()], are `plane$origin + plane$directions %*% c(x, y)`}
#'   \item{`fits`, `methods`, `seed`}{the fit of each method, its arguments, and the seed of all}
#' }
#' @section Errors:
#' Those of [nn_train()]. Arguments that do not go with paths, unknown methods and weights, and networks of fewer than two numbers are errors that say what
#' there is. A path that diverges ends where it was finite, with a warning.
#' @references Li, H., Xu, Z., Taylor, G., Studer, C. and Goldstein, T. (2018). Visualizing the loss landscape of neural nets. *Advances in Neural
#'   Information Processing Systems*, 31.
#' @seealso [plot.nn_path()], [nn_animate()] for a page with a slider, [nn_trace()] for the numbers of a single step.
#' @examples
#' # Ten rows, two weights and no bias: full batch against single rows
#' X <- cbind(x1 = c(0.5, 1, 1.5, 2, -1, -0.5, -1.5, 0.2, -0.8, 1.2),
#'            x2 = c(1, -0.5, 0.3, 1.2, -1, 0.8, -0.2, -1.4, 0.6, -0.9))
#' Y <- c(0.1, 1.9, 1.4, 1, -0.5, -1.3, -1.5, 1.5, -1.2, 2.2)
#' path <- nn_path(X, Y, hidden = c(), bias = FALSE, lr = 0.1, epochs = 10, seed = 1)
#' path
#' plot(path)
#'
#' # Any network: the two directions in which its paths move most
#' plot(nn_path(Species ~ ., data = iris, hidden = 3, epochs = 5, lr = 0.1, standardize = TRUE,
#'              along = "pca", grid = 21, seed = 1))
#' @export
nn_path <- function(...) {
  UseMethod("nn_path", path_subject(evaluate_dots(...), quote(nn_path())))
}

# Who gives a fit wants a trace.
path_subject <- function(arguments, call) {
  subject <- trace_subject(arguments, call)
  if (inherits(subject, "nn_fit")) {
    stop_backprop("argument", c(
      "{.fn nn_path} trains networks itself: give inputs and outcome, or a formula and data.",
      i = "{.code start = fit} begins where a model is."
    ), call = call)
  }
  subject
}

#' @rdname nn_path
#' @export
nn_path.default <- function(X, Y, hidden = 3, lr = NULL, epochs = 50, along = NULL, methods = NULL, each = "iteration", hold = "end", limits = NULL,
                            grid = 61, seed = NULL, ...) {
  typed <- list(hidden = hidden, lr = lr)[c(!missing(hidden), !missing(lr))]
  common <- c(list(X), if (!missing(Y)) list(Y), typed, list(...))
  make_path(common, list(epochs = epochs, along = along, methods = methods, each = each, hold = hold, limits = limits, grid = grid, seed = seed))
}

#' @rdname nn_path
#' @export
nn_path.formula <- function(formula, data, hidden = 3, lr = NULL, epochs = 50, along = NULL, methods = NULL, each = "iteration", hold = "end",
                            limits = NULL, grid = 61, seed = NULL, ...) {
  if (missing(formula)) stop_called_x("formula", "formula", quote(nn_path()))
  typed <- list(hidden = hidden, lr = lr)[c(!missing(hidden), !missing(lr))]
  common <- c(list(formula), if (!missing(data)) list(data = data), typed, evaluate_dots(...))
  make_path(common, list(epochs = epochs, along = along, methods = methods, each = each, hold = hold, limits = limits, grid = grid, seed = seed))
}

# `common`: arguments of nn_train() for all methods; `asked`: those of nn_path() itself.
make_path <- function(common, asked) {
  call <- quote(nn_path())
  refuse_for_path(names_of(common), call)
  epochs <- check_count(asked$epochs, "epochs", min = 0, call = call)
  each <- check_choice(asked$each, "each", c("iteration", "epoch"), call)
  hold <- check_choice(asked$hold, "hold", c("end", "start"), call)
  if (!is_whole(asked$grid, 2) || asked$grid > 401) stop_argument("grid", "a whole number from 2 to 401", asked$grid, call = call)
  check_path_limits(asked$limits, call)
  undoing_draws({
    common$seed <- seed_or_drawn(asked$seed, call)
    base <- train_recorded(common, 0L, call)
    methods <- path_methods(asked$methods, base, call)
    runs <- lapply(names(methods), function(name) train_path(common, methods[[name]], name, base, epochs, each, call))
    plane <- path_plane(asked$along, runs, hold, base, common$seed, call)
    paths <- path_points(runs, names(methods), plane, base)
    surface <- path_surface(plane, path_limits(asked$limits, paths, plane), as.integer(asked$grid), base)
  })
  structure(
    list(
      surface = surface, paths = paths, axes = plane$axes, along = plane$along, explained = plane$explained,
      plane = plane[c("origin", "directions")], held = list(count = plane$held, at = hold), exact = plane$exact,
      fits = stats::setNames(lapply(runs, function(run) run$fit), names(methods)), methods = methods, seed = common$seed
    ),
    class = "nn_path"
  )
}

check_path_limits <- function(limits, call) {
  is_range <- function(x) is_bare_number(x) && length(x) == 2L && all(is.finite(x)) && x[1L] < x[2L]
  if (!is.null(limits) && !(is_plain_list(limits) && length(limits) == 2L && all(vapply(limits, is_range, NA)))) {
    stop_argument("limits", "`NULL` or a list of two ranges, as `list(c(-1, 1), c(-2, 2))`", limits, call = call)
  }
}

# What would train several networks, or give other weights than those of the last step.
refused_for_path <- c(
  "preset", "effort", "restarts", "ensemble", "blend", "time_limit", "validation", "stop_iter", "stop_metric", "callback", "checkpoint", "progress",
  "keep", "keep_weights", "iterations", "steps"
)

refuse_for_path <- function(names, call) {
  wrong <- intersect(names, refused_for_path)
  if (length(wrong) > 0L) {
    stop_backprop("unknown_argument", c(
      "{.fn nn_path} takes no {.arg {wrong[1]}}.", i = "A path is one training of one network, from its first step to its last."
    ), call = call)
  }
  wrong <- intersect(names, c("optimizer", "batch_size"))
  if (length(wrong) > 0L) {
    example <- if (wrong[1L] == "optimizer") "methods = list(list(optimizer = \"adam\"))" else "methods = list(list(optimizer = \"sgd\", batch_size = 2))"
    stop_backprop("unknown_argument", c("{.arg {wrong[1]}} is what paths differ in: give it in {.arg methods}.", i = "For instance {.code {example}}."), call = call)
  }
}
