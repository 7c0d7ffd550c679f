# What a formula needs beside the columns of its data: functions and constants. They travel with the fit, so that it predicts in
# another process, where nothing is attached and nobody has defined them; data do not.

# More than this is data, not a constant.
carried_bytes <- 1e6

# `values`: own functions and constants by name; `packages`: the package of each function that one brings.
carry <- function(expressions, columns, env) {
  read <- names_read_by(expressions)
  read$variables <- setdiff(read$variables, columns)
  carry_names(read, env, list2env(list(pairs = list())))
}

# What one expression needs beside what others do. The same name for two things cannot travel.
add_carried <- function(carried, more) {
  for (part in names(more)) {
    both <- intersect(names(carried[[part]]), names(more[[part]]))
    for (name in both) {
      # Not identical(): copies of one function have environments of their own.
      if (!isTRUE(all.equal(carried[[part]][[name]], more[[part]][[name]]))) {
        stop_formula("{.code {name}} means one thing where {.arg formula} was written and another where an argument was.", name = name)
      }
    }
    carried[[part]] <- c(carried[[part]], more[[part]][setdiff(names(more[[part]]), both)])
  }
  carried
}

# `copies` remembers the functions that were copied already: they may call each other, or themselves. Its `arg` is the argument that they are, if they are no
# part of a formula.
carry_names <- function(read, env, copies) {
  values <- list()
  packages <- character()
  for (kind in c("variables", "functions")) {
    for (name in read[[kind]]) {
      home <- home_of(name, env, if (kind == "functions") "function" else "any")
      if (is.null(home) || identical(home, baseenv()) || identical(home, .BaseNamespaceEnv)) {
        # What is not found may be bound by a function that does not evaluate its arguments; a trial evaluation tells.
        next
      }
      package <- package_of(home)
      if (!is.null(package)) {
        packages[name] <- package
      } else {
        value <- get(name, envir = home)
        # What a function assigns itself it may not need from outside.
        if (name %in% read$maybe && !is_light(value)) next
        values[name] <- list(carry_value(value, name, copies))
      }
    }
  }
  list(values = values, packages = packages)
}

home_of <- function(name, env, mode) {
  while (!identical(env, emptyenv())) {
    if (exists(name, envir = env, mode = mode, inherits = FALSE)) {
      return(env)
    }
    env <- parent.env(env)
  }
  NULL
}

package_of <- function(env) {
  if (isNamespace(env)) {
    return(unname(getNamespaceName(env)))
  }
  name <- environmentName(env)
  if (startsWith(name, "package:")) {
    return(substring(name, 9L))
  }
  # Imports of a package's namespace, where a formula was written inside a package.
  if (startsWith(name, "imports:")) environmentName(topenv(env)) else NULL
}

carry_value <- function(value, name, copies) {
  if (is.function(value)) {
    return(carry_function(value, copies))
  }
  if (!is_light(value)) {
    what <- if (is.environment(value)) "an environment" else format_bytes(as.double(utils::object.size(value)))
    if (!is.null(copies$arg)) stop_heavy(copies$arg, name, what)
    stop_formula(
      c(
        "{.arg formula} uses {.code {name}}, which is no column of {.arg data} and would have to travel with the model: {what}.",
        i = "Make what it is used for a column of {.arg data}."
      ),
      name = name, what = what
    )
  }
  value
}

# Of a function that is an argument itself.
stop_heavy <- function(arg, name, what) {
  stop_backprop("custom", c(
    "The functions of {.arg {arg}} use {.code {name}}, which would have to travel with the model: {what}.",
    i = "Write into them what they need of it."
  ))
}

is_light <- function(value) is.function(value) || (!is.environment(value) && utils::object.size(value) <= carried_bytes)

# A function with nothing around it but what it reads, in place of the environment where it was written.
carry_function <- function(f, copies) {
  # What a function of a package made may need what is around it; of an argument's own functions that is looked at.
  if (is.primitive(f) || isNamespace(environment(f)) || (is.null(copies$arg) && isNamespace(topenv(environment(f))))) {
    return(f)
  }
  for (pair in copies$pairs) {
    if (identical(pair$from, f)) {
      return(pair$to)
    }
  }
  env <- new.env(parent = baseenv())
  copy <- utils::removeSource(f)
  environment(copy) <- env
  copies$pairs <- c(copies$pairs, list(list(from = f, to = copy)))
  inner <- carry_names(names_read_by_function(f), environment(f), copies)
  list2env(inner$values, env)
  for (name in names(inner$packages)) {
    assign(name, value_of_package(name, inner$packages[[name]]), envir = env)
  }
  copy
}

# Where the expressions of a fit are evaluated: base R, and what travelled with the fit; nothing else is seen.
environment_of_carried <- function(carried, call) {
  env <- list2env(carried$values, parent = baseenv())
  for (name in names(carried$packages)) {
    package <- carried$packages[[name]]
    if (!requireNamespace(package, quietly = TRUE)) {
      stop_backprop("package", c(
        "The formula of the model uses {.fn {name}} of the package {.pkg {package}}, which is not installed.",
        i = "Install it, for example by {.code install.packages(\"{package}\")}."
      ), call = call)
    }
    assign(name, value_of_package(name, package), envir = env)
  }
  env
}

# Functions, exported or not, and the data sets of a package.
value_of_package <- function(name, package) {
  value <- get0(name, envir = asNamespace(package), inherits = FALSE)
  if (is.null(value)) getExportedValue(package, name) else value
}
