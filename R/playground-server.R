# One window of the playground: what its controls do to its training. All that changes is inside of the function: windows share nothing.

# Seconds that a slice of training may take. With predictions, the message and the drawing a button waits for twice as long at most.
play_slice <- 0.05

play_server <- function(begun) {
  function(input, output, session) {
    window <- new_window(begun)
    trace_url <- session$registerDataObj("trace", NULL, function(data, request) play_trace_page(window$play))

    tell <- function(type, message) session$sendCustomMessage(paste0("nn-", type), message)
    send_frame <- function() {
      window$sent <- window$sent + 1L
      tell("frame", window_frame(window))
    }
    send_all <- function() {
      tell("scene", c(play_scene(window$play, window$axes), list(trace = trace_url)))
      send_frame()
    }
    slice <- function() {
      if (window$playing) window_advance(window, function(play) advance_for(play, play_slice, epochs_at_a_time(input$speed)))
      send_frame()
    }

    shiny::observeEvent(input$ready, send_all())
    shiny::observeEvent(input$play, {
      window$playing <- !window$playing
      if (!window$playing) send_frame() else if (window$drawn == window$sent) slice()
    })
    shiny::observeEvent(input$drawn, {
      window$drawn <- input$drawn
      if (window$playing && window$drawn == window$sent) slice()
    })
    shiny::observeEvent(input$step, {
      window$playing <- FALSE
      window_advance(window, function(play) advance(play, 1L))
      send_frame()
    })
    shiny::observeEvent(input$restart, {
      window_attempt(window, function(play) new_play(play$settings, play$source))
      send_all()
    })
    shiny::observeEvent(input$scrub, {
      window$playing <- FALSE
      if (is_whole(input$scrub, 0)) window_attempt(window, function(play) rewind(play, input$scrub))
      send_frame()
    })
    shiny::observeEvent(list(input$axis_x, input$axis_y), {
      wanted <- c(input$axis_x, input$axis_y)
      if (length(wanted) != 2L || identical(wanted, window$axes) || !all(wanted %in% names(play_columns(window$play)))) {
        return()
      }
      if (wanted[1L] == wanted[2L]) {
        window$refused <- "The picture needs two different inputs."
        send_frame()
      } else {
        window$refused <- NULL
        window$axes <- wanted
        send_all()
      }
    })
    shiny::observeEvent(settings_on_page(input, window$play$settings), {
      settings <- settings_on_page(input, window$play$settings)
      if (!identical(settings, window$play$settings)) {
        if (settings$optimizer != window$play$settings$optimizer) {
          settings$lr <- play_rate(settings$optimizer)
          shiny::updateNumericInput(session, "lr", value = settings$lr)
        }
        window_attempt(window, function(play) with_settings(play, settings))
        window$unheard <- window$refused
        send_all()
      } else if (!is.null(window$unheard)) {
        # What was wrong is as it was before.
        window$unheard <- NULL
        send_frame()
      }
    })
    session$onSessionEnded(function() {
      window$playing <- FALSE
      window$play <- NULL
    })
  }
}

# What a window knows, as an environment of its own: `play`; whether it is `playing`; the number of the last frame `sent`, and of the last one that the
# browser has `drawn`; the inputs along the `axes`; what was `refused` last, until something works; and what was refused of the controls, `unheard` as long
# as they do not say what holds. The next slice begins when the last frame is drawn: messages never queue up, and a window that is gone asks for nothing.
new_window <- function(play) {
  list2env(list(play = play, playing = FALSE, sent = 0L, drawn = 0L, axes = play_axes(play), refused = NULL, unheard = NULL), parent = emptyenv())
}

# What cannot be done is said on the page, and leaves the training as it was.
window_attempt <- function(window, change) {
  window$refused <- NULL
  tryCatch(window$play <- change(window$play), error = function(cnd) {
    window$playing <- FALSE
    window$refused <- cli::ansi_strip(rlang::cnd_message(cnd))
  })
}

window_advance <- function(window, change) {
  if (can_advance(window$play)) window_attempt(window, change)
  if (!can_advance(window$play)) window$playing <- FALSE
}

window_frame <- function(window) {
  code <- paste(play_code(window$play), collapse = "\n")
  frame <- c(play_frame(window$play, window$axes), list(code = code, playing = window$playing, number = window$sent))
  refused <- if (is.null(window$refused)) window$unheard else window$refused
  if (!is.null(refused)) frame$problem <- refused
  frame
}

# The most of a slice, which may have time for fewer.
epochs_at_a_time <- function(speed) if (is_choice(speed, c("10", "100"))) as.integer(speed) else if (identical(speed, "most")) 1000L else 1L

# The first two numeric inputs, else the first two.
play_axes <- function(play) {
  columns <- play_columns(play)
  numeric <- vapply(columns, function(column) is.numeric(column), NA)
  utils::head(names(columns)[order(!numeric)], 2L)
}

# The settings as the controls say; a control that is empty or absent says nothing. What is out of range is refused where it is used.
settings_on_page <- function(input, settings) {
  said <- function(name, good, as = identity) {
    value <- input[[name]]
    if (!is.null(value) && good(value)) settings[[name]] <<- as(value)
  }
  number <- function(x) is.numeric(x) && length(x) == 1L && is.finite(x)
  for (name in c("lr", "penalty", "dropout")) said(name, number, as.double)
  for (name in c("seed", "data_seed", "batch_size")) said(name, is_whole, as.integer)
  for (name in c("noise", "validation")) said(name, number, function(x) x / 100)
  said("data", function(x) is_choice(x, names(toy_shapes)))
  said("activation", function(x) is_choice(x, names(activations)))
  said("optimizer", function(x) is_choice(x, names(optimizers)))
  if (is_choice(input$init, c("", names(inits)))) settings["init"] <- list(if (nzchar(input$init)) input$init)
  # No box ticked is NULL, as is a page that was not heard yet: then `data` is NULL too.
  if (!is.null(input$data)) settings["features"] <- list(intersect(play_features, input$features))
  units <- lapply(seq_len(play_limits$layers), function(l) input[[paste0("units", l)]])
  if (all(vapply(units, function(x) number(x) && x == floor(x) && x >= 0 && x <= play_limits$units, NA))) {
    units <- as.integer(units)
    settings$hidden <- units[cumsum(units == 0L) == 0L]
  }
  settings
}

# The page of the next update, from the weights on the screen, as an answer to the browser.
play_trace_page <- function(play) {
  file <- tempfile(fileext = ".html")
  on.exit(unlink(file))
  page <- tryCatch(
    {
      trace <- suppressWarnings(suppressMessages(nn_trace(play$fit, play$data, iterations = 1L, threads = 1L)))
      suppressMessages(nn_view(trace, file))
      paste(readLines(file, encoding = "UTF-8"), collapse = "\n")
    },
    error = function(cnd) as.character(htmltools::tags$p(rlang::cnd_message(cnd)))
  )
  shiny::httpResponse(200L, "text/html; charset=UTF-8", page)
}
