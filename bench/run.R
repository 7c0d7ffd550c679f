# Times W1 to W8 for backprop and every installed peer, interleaved, and writes bench/results/ and the pictures.
# Rscript bench/run.R [--reps=5] [--only=W1,W4] [--peers=backprop,torch] [--skip=W6:nnet] [--threads=2] [--slow=15] [--minutes=60] [--out=bench/results]
here <- dirname(sub("^--file=", "", grep("^--file=", commandArgs(), value = TRUE)))
for (file in c("workloads.R", "peers.R", "machine.R", "report.R")) source(file.path(here, file))
option <- function(name, default) {
  given <- grep(paste0("^--", name, "="), commandArgs(TRUE), value = TRUE)
  if (length(given)) sub("^[^=]*=", "", given[1]) else default
}
listed <- function(text) strsplit(text, ",")[[1]]
reps <- as.integer(option("reps", 5))
only <- listed(option("only", paste(names(workloads), collapse = ",")))
chosen <- listed(option("peers", paste(names(peers), collapse = ",")))
threads <- as.integer(option("threads", min(2, parallel::detectCores())))
out <- option("out", file.path(here, "results"))
skip <- listed(option("skip", ""))
slow <- as.numeric(option("slow", 15)) # seconds after which a peer is not run a second time
python <- file.path(here, ".venv", "bin", "python")
dir.create(out, showWarnings = FALSE, recursive = TRUE)

versions <- peer_versions(python)[chosen]
if (anyNA(versions)) cat("Not installed, so left out:", paste(names(versions)[is.na(versions)], collapse = ", "), "\n")
present <- names(versions)[!is.na(versions)]
facts <- machine_facts(versions, threads)

folder <- tempfile("bench")
for (name in only) {
  write_workload(make_workload(name), file.path(folder, name))
  gc()
}
until <- Sys.time() + 60 * as.numeric(option("minutes", 60)) # no repetition begins after that
rows <- list()
slow_ones <- character()
for (rep in seq_len(reps)) {
  if (rep > 1 && Sys.time() > until) break
  for (name in only) {
    cat(sprintf("repetition %d of %d, %s\n", rep, reps, workloads[[name]]$title))
    # Another order in each repetition, so that nobody always runs after the same neighbour.
    taking_part <- Filter(function(peer) name %in% peers[[peer]]$workloads && !paste(name, peer) %in% slow_ones &&
      !paste(name, peer, sep = ":") %in% skip, present)
    for (peer in taking_part[(seq_along(taking_part) + rep - 2) %% length(taking_part) + 1]) {
      took <- run_peer(peer, file.path(folder, name), threads, here, python)
      if (is.null(took)) next
      if (max(took$seconds) > slow) slow_ones <- c(slow_ones, paste(name, peer))
      rows[[length(rows) + 1]] <- cbind(data.frame(workload = name, repetition = rep), took)
      cat(sprintf("  %-12s %-6s %10.5f s   loss %s\n", peer, took$precision, took$seconds, format(took$loss, digits = 5)), sep = "")
    }
  }
}
raw <- do.call(rbind, rows)
unlink(folder, recursive = TRUE)
write.csv(raw, file.path(out, "times.csv"), row.names = FALSE)
write.csv(facts, file.path(out, "machine.csv"), row.names = FALSE)
summary <- summarise_times(raw)
write.csv(summary, file.path(out, "summary.csv"), row.names = FALSE)
ratios <- ratios_to_peers(summary)
write.csv(ratios, file.path(out, "ratios.csv"), row.names = FALSE)
writeLines(markdown_table(summary, ratios, facts, slow, c(names(versions)[is.na(versions)], sub(":", " ", skip))), file.path(out, "table.md"))
writeLines(short_table(summary, ratios), file.path(out, "short.md"))
check_losses(summary)
cat("\n", paste0(readLines(file.path(out, "table.md")), "\n"), sep = "")
