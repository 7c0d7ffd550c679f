# The playground's page: native controls with labels, and places that its script draws in.

play_ui <- function(play) {
  settings <- play$settings
  tags <- htmltools::tags
  page <- htmltools::tagList(
    tags$head(
      tags$title("Playground: a network learns"), tags$meta(name = "viewport", content = "width=device-width, initial-scale=1"),
      # No icon: a browser would otherwise ask for one.
      tags$link(rel = "icon", href = "data:,")
    ),
    htmltools::htmlDependency(
      "nn-playground", package_version_text(),
      src = c(file = system.file("playground", package = "backprop")), script = "playground.js", stylesheet = "playground.css"
    ),
    tags$main(
      class = "nn-play", id = "nn-play",
      tags$h1("A network learns"),
      play_bar(settings), tags$p(class = "nn-problem", role = "alert", hidden = NA),
      tags$div(
        class = "nn-columns",
        tags$section(class = "nn-data", `aria-label` = "Data", tags$h2("Data"), play_data_controls(play)),
        tags$section(
          class = "nn-network", `aria-label` = "Network", tags$h2("Network"), play_network_controls(settings),
          tags$div(class = "nn-diagram", id = "nn-diagram"),
          tags$p(class = "nn-unit-text", id = "nn-unit-text", "Point at a unit to see its picture at large and its weights."),
          tags$p(class = "nn-key", "Lines are weights: ", tags$b("thicker"), " is larger, ", tags$b("blue"), " positive, ", tags$b("orange and dashed"), " negative.")
        ),
        tags$section(class = "nn-output", `aria-label` = "Output", tags$h2("Output"), play_output(play))
      ),
      tags$section(
        class = "nn-code", `aria-label` = "R code",
        tags$h2("R code of this state"), tags$pre(id = "nn-code", tabindex = "0", paste(play_code(play), collapse = "\n")),
        tags$button(type = "button", class = "nn-button", id = "nn-copy", "Copy"),
        tags$a(class = "nn-button", id = "nn-trace", target = "_blank", rel = "noopener", "The next step, number by number")
      )
    )
  )
  attr(page, "lang") <- "en"
  page
}

play_bar <- function(settings) {
  tags <- htmltools::tags
  tags$div(
    class = "nn-bar", role = "group", `aria-label` = "Training",
    shiny::actionButton("play", "Play", class = "nn-button nn-main"), shiny::actionButton("step", "Step", class = "nn-button"),
    shiny::actionButton("restart", "Restart", class = "nn-button"),
    shiny::numericInput("seed", "Seed", settings$seed, step = 1),
    play_select("speed", "Epochs at a time", c("1", "10", "100", "as many as go" = "most"), "1"),
    tags$div(
      class = "nn-scrub shiny-input-container",
      tags$label(`for` = "scrub", "Epoch ", tags$output(id = "nn-epoch", `for` = "scrub", "0")),
      tags$input(type = "range", id = "scrub", min = 0, max = 0, step = 1, value = 0)
    ),
    tags$p(class = "nn-said", id = "nn-said", role = "status", `aria-live` = "polite")
  )
}

play_select <- function(id, label, choices, selected) shiny::selectInput(id, label, choices, selected, selectize = FALSE)

# A slider of the browser's own.
play_range <- function(id, label, value, max, step, unit = "%") {
  tags <- htmltools::tags
  tags$div(
    class = "shiny-input-container",
    tags$label(`for` = id, label, " ", tags$output(`for` = id, paste(value, unit))),
    tags$input(type = "range", class = "nn-range", id = id, min = 0, max = max, step = step, value = value, `data-unit` = unit)
  )
}

play_data_controls <- function(play) {
  settings <- play$settings
  held <- play_range("validation", "Rows that validate", 100 * settings$validation, 80, 5)
  if (!is.null(play$source)) {
    columns <- names(play_columns(play))
    return(htmltools::tagList(
      htmltools::tags$p(class = "nn-formula", htmltools::tags$code(deparsed(play$source$formula))),
      play_select("axis_x", "Across", columns, play_axes(play)[1L]), play_select("axis_y", "Upwards", columns, play_axes(play)[2L]), held
    ))
  }
  htmltools::tagList(
    play_select("data", "Data", names(toy_shapes), settings$data),
    play_range("noise", "Noise", 100 * settings$noise, max(50, 100 * settings$noise), 1),
    shiny::numericInput("data_seed", "Seed of the data", settings$data_seed, step = 1), held,
    shiny::checkboxGroupInput("features", "Features", stats::setNames(play_features, sub("^I\\((.*)\\)$", "\\1", play_features)), settings$features)
  )
}

play_network_controls <- function(settings) {
  numbers <- lapply(seq_len(play_limits$layers), function(l) {
    units <- if (l <= length(settings$hidden)) settings$hidden[l] else 0L
    shiny::numericInput(paste0("units", l), paste("Units of layer", l), units, min = 0, max = play_limits$units, step = 1)
  })
  htmltools::tags$div(
    class = "nn-controls", numbers,
    play_select("activation", "Activation", names(activations), settings$activation),
    play_select("init", "Starting weights", c("by the activation" = "", names(inits)), if (is.null(settings$init)) "" else settings$init),
    play_select("optimizer", "Optimizer", names(optimizers), settings$optimizer),
    shiny::numericInput("lr", "Learning rate", settings$lr, min = 0, step = 0.01),
    shiny::numericInput("batch_size", "Batch size", settings$batch_size, min = 1, step = 1),
    shiny::numericInput("penalty", "Penalty", settings$penalty, min = 0, step = 0.001),
    shiny::numericInput("dropout", "Dropout", settings$dropout, min = 0, max = 0.9, step = 0.05)
  )
}

play_output <- function(play) {
  tags <- htmltools::tags
  row <- function(name, id) tags$tr(tags$th(scope = "row", name), tags$td(id = paste0("nn-", id)), tags$td(id = paste0("nn-validation-", id)))
  htmltools::tagList(
    tags$canvas(class = "nn-boundary", id = "nn-boundary", role = "img", `aria-label` = "What the network predicts over two inputs"),
    tags$p(class = "nn-legend", id = "nn-legend"), tags$p(class = "nn-held", id = "nn-held"),
    tags$table(
      class = "nn-measures",
      tags$thead(tags$tr(tags$td(), tags$th(scope = "col", class = "nn-training", "training"), tags$th(scope = "col", class = "nn-validation", "validation"))),
      tags$tbody(row("loss", "loss"), row(htmltools::span(id = "nn-measure", "accuracy"), "value"))
    ),
    tags$canvas(class = "nn-loss-curve", id = "nn-loss-curve", role = "img", `aria-label` = "Loss by epoch, on training and validation rows")
  )
}
