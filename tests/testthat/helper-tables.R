# Runs `code` with other tables in the package than its own, as if something were new that they do not have.
with_tables <- function(tables, code) {
  package <- environment(nn_train.default)
  replace_all <- function(values) {
    for (name in names(values)) {
      locked <- bindingIsLocked(name, package)
      if (locked) unlockBinding(name, package)
      assign(name, values[[name]], package)
      if (locked) lockBinding(name, package)
    }
  }
  before <- mget(names(tables), package)
  on.exit(replace_all(before))
  replace_all(tables)
  force(code)
}
