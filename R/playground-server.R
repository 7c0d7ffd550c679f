# One window of the playground: what its controls do to its training. All that changes is inside of the function: windows share nothing.

# Seconds that a slice of training may take. With predictions, the message and the drawing a button waits for twice as long at most.
play_slice <- 0.05

play_server <- function(begun) {
  function(input, output, session) {
    play <- begun
    playing <- FALSE
    # The number of the last frame sent, and of the last one that the window has drawn. The next slice begins when it has drawn the last: messages
    # never queue up, and a window that is gone asks for nothing.
    sent <- 0L
    drawn <- 0L
    axes <- play_axes(play)
    # What was refused, until the next thing that works.
    refused <- NULL
    trace_url <- session$registerDataObj("trace", NULL, function(data, request) play_trace_page(play))

    tell <- function(type, message) session$sendCustomMessage(paste0("nn-", type), message)
    send_frame <- function() {
      sent <<- sent + 1L
      frame <- c(play_frame(play, axes), list(code = paste(play_code(play), collapse = "\n"), playing = playing, number = sent))
      if (!is.null(refused)) frame$problem <- refused
      tell("frame", frame)
    }
    send_all <- function() {
      tell("scene", c(play_scene(play, axes), list(trace = trace_url)))
      send_frame()
    }
    # What cannot be done is said on the page, and leaves the training as it was.
    attempt <- function(code) {
      refused <<- NULL
      tryCatch(code, error = function(cnd) {
        playing <<- FALSE
        refused <<- cli::ansi_strip(rlang::cnd_message(cnd))
      })
    }
    slice <- function() {
      if (!can_advance(play)) playing <<- FALSE else attempt(play <<- advance_for(play, play_slice, epochs_at_a_time(input$speed)))
      if (!is.null(play$problem)) playing <<- FALSE
      send_frame()
    }

    shiny::observeEvent(input$ready, send_all())
    shiny::observeEvent(input$play, {
      playing <<- !playing
      if (!playing) send_frame() else if (drawn == sent) slice()
    })
    shiny::observeEvent(input$drawn, {
      drawn <<- input$drawn
      if (playing && drawn == sent) slice()
    })
    shiny::observeEvent(input$step, {
      playing <<- FALSE
      if (can_advance(play)) attempt(play <<- advance(play, 1L))
      send_frame()
    })
    shiny::observeEvent(input$restart, {
      attempt(play <<- new_play(play$settings, play$source))
      send_all()
    })
    shiny::observeEvent(input$scrub, {
      playing <<- FALSE
      if (is_whole(input$scrub, 0)) attempt(play <<- rewind(play, input$scrub))
      send_frame()
    })
    shiny::observeEvent(list(input$axis_x, input$axis_y), {
      wanted <- c(input$axis_x, input$axis_y)
      if (length(wanted) == 2L && wanted[1L] != wanted[2L] && !identical(wanted, axes) && all(wanted %in% names(play_columns(play)))) {
        axes <<- wanted
        send_all()
      }
    })
    shiny::observeEvent(settings_on_page(input, play$settings), {
      settings <- settings_on_page(input, play$settings)
      if (!identical(settings, play$settings)) {
        if (settings$optimizer != play$settings$optimizer) {
          settings$lr <- play_rate(settings$optimizer)
          shiny::updateNumericInput(session, "lr", value = settings$lr)
        }
        attempt(play <<- with_settings(play, settings))
        send_all()
      }
    })
    session$onSessionEnded(function() {
      playing <<- FALSE
      play <<- NULL
    })
  }
}

epochs_at_a_time <- function(speed) if (identical(speed, "10")) 10 else if (identical(speed, "most")) 1000 else 1

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
