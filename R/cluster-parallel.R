# Questions to the workers of a cluster object of the package parallel, by functions that it exports.

parallel_transport <- function(cluster) {
  cl <- cluster$cl
  # Whether answers may be on their way that nobody has read, of this training or of one before.
  unread <- TRUE
  lost <- FALSE
  hastened <- FALSE
  list(
    size = length(cl),
    describe = function(worker) describe_node(cl, worker),
    exchange = function(operation, arguments, at) {
      nodes <- cl[at]
      if (unread) {
        state <- recover_nodes(cl, cluster$timeout)
        lost <<- any(state != "well")
        stop_lost(cl, state, cluster$timeout)
      }
      unread <<- TRUE
      answers <- with_timeout(nodes, cluster$timeout, tryCatch(
        {
          if (!hastened) hasten_nodes(nodes)
          hastened <<- TRUE
          parallel::clusterApply(nodes, arguments, ask_node, operation)
        },
        error = function(cnd) {
          lost <<- TRUE
          stop_lost(cl, recover_nodes(cl, 1), cluster$timeout)
          stop_cluster("The cluster failed: {said}", said = conditionMessage(cnd))
        }
      ))
      unread <<- FALSE
      answers
    },
    close = function(fit = NULL, error = NULL) NULL,
    # After an interrupt: the answers that are still on their way, but not for longer than a moment.
    settle = function() if (unread && !lost) try(recover_nodes(cl, 1), silent = TRUE)
  )
}

# What a node evaluates: it travels without the package, which the node has its own copy of.
ask_node <- function(arguments, operation) {
  tryCatch(asNamespace("backprop")$answer_worker(operation, arguments), error = function(cnd) list(error = conditionMessage(cnd)))
}
environment(ask_node) <- baseenv()

describe_node <- function(cl, worker) {
  host <- cl[[worker]]$host
  paste0("Worker ", worker, if (is_text(host)) paste0(" (", host, ")"))
}

# The socket of a node, or NULL where it has none.
socket_of <- function(node) if (inherits(node$con, "sockconn")) node$con

# The port of the master that a socket is connected to, or 0: that of the last colon.
port_of <- function(node) {
  socket <- socket_of(node)
  described <- if (is.null(socket)) "" else summary(socket)$description
  if (grepl(":[0-9]{1,5}$", described)) as.integer(sub(".*:", "", described)) else 0L
}

# Messages are sent as soon as they are written, both ways: a step has two, and each would wait for 40 ms and more.
hasten_nodes <- function(cl) {
  ports <- vapply(seq_along(cl), function(i) port_of(cl[[i]]), 0L)
  for (port in setdiff(ports, 0L)) engine_send_at_once(port)
  parallel::clusterApply(cl, lapply(ports, function(port) list(port = port)), ask_node, "send_at_once")
}

# `code`, during which sockets wait so long and no longer.
with_timeout <- function(nodes, seconds, code) {
  sockets <- Filter(Negate(is.null), lapply(seq_along(nodes), function(i) socket_of(nodes[[i]])))
  before <- lapply(sockets, function(socket) tryCatch(socketTimeout(socket, as.integer(ceiling(seconds))), error = function(cnd) NULL))
  on.exit(Map(function(socket, seconds) if (!is.null(seconds)) tryCatch(socketTimeout(socket, seconds), error = function(cnd) NULL), sockets, before))
  code
}

# Which nodes do not answer, and why: `ended` where the connection says so at once, else `silent`. On the way all answers that were still to come are read: each
# node is asked for an answer that only this question has, and what comes before it is of earlier ones.
recover_nodes <- function(cl, seconds) {
  suppressWarnings(vapply(seq_along(cl), function(i) {
    token <- paste0("backprop-", i, "-", format(as.double(Sys.time()), digits = 20))
    socket <- socket_of(cl[[i]])
    began <- now()
    tryCatch(
      with_timeout(cl[i], seconds, {
        answer <- parallel::clusterCall(cl[i], ask_node, list(token = token), "echo")[[1L]]
        while (!is_text(answer$error) && !identical(answer$value, token) && !is.null(socket) && now() - began < seconds) {
          if (socketSelect(list(socket), FALSE, seconds)) answer <- unserialize(socket)$value
        }
        # One that answers in words, that it lacks the package for instance, is there.
        if (is_text(answer$error) || identical(answer$value, token)) "well" else "silent"
      }),
      error = function(cnd) if (now() - began < 0.9 * seconds) "ended" else "silent"
    )
  }, ""))
}

# The error of nodes that do not answer, if there are any.
stop_lost <- function(cl, state, timeout) {
  lost <- which(state != "well")
  if (length(lost) == 0L) {
    return(invisible())
  }
  who <- describe_node(cl, lost[1L])
  others <- length(lost) - 1L
  more <- if (others > 0L) paste0(" (and ", count_text(others, "other worker"), ")") else ""
  if (state[lost[1L]] == "ended") {
    stop_cluster(
      "{who}{more} has ended: its connection is closed.", "Its process was killed, or the machine is gone. Make a new cluster.",
      who = who, more = more
    )
  }
  stop_cluster(
    "{who}{more} has not answered within {seconds} seconds.",
    "It may be stopped, or cut off. Where it is only slow, give more time: {.code nn_cluster(cl, timeout = )}.",
    who = who, more = more, seconds = timeout
  )
}
