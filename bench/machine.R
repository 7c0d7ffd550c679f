# What a table of times has to say about the machine, the versions and the date. Sourced by the other scripts.

machine_facts <- function(versions, threads) {
  cpuinfo <- if (file.exists("/proc/cpuinfo")) readLines("/proc/cpuinfo") else character()
  meminfo <- if (file.exists("/proc/meminfo")) readLines("/proc/meminfo") else character()
  field <- function(lines, name) trimws(sub("^[^:]*:", "", grep(paste0("^", name), lines, value = TRUE)[1]))
  load <- if (file.exists("/proc/loadavg")) sub(" .*", "", readLines("/proc/loadavg")) else NA
  instructions <- tryCatch(backprop:::engine_info()$isa, error = function(e) NA)
  versions <- versions[!is.na(versions)]
  versions <- versions[names(versions) != "base R"]
  data.frame(
    what = c("date", "processor", "cores", "threads used", "memory", "system", "instructions used", "R", "BLAS of R", "Rust",
             names(versions), "load before"),
    value = c(format(Sys.Date()), field(cpuinfo, "model name"), parallel::detectCores(), threads,
              sprintf("%.0f GiB", as.numeric(gsub("\\D", "", field(meminfo, "MemTotal"))) / 2^20), utils::sessionInfo()$running,
              instructions, as.character(getRversion()), basename(extSoftVersion()[["BLAS"]]),
              tryCatch(sub("^rustc ([^ ]*).*", "\\1", system2("rustc", "--version", stdout = TRUE)), error = function(e) NA),
              versions, load))
}
