# Outcomes that every loss can be trained on, by what it asks of them.

# Times as survival::Surv() has them, without the survival package.
plain_surv <- function(time, status) structure(cbind(time = time, status = status), class = "Surv", type = "right")

# Outcomes of n rows for a loss that has the `needs` of the registry.
outcome_for <- function(needs, n) {
  numbers <- cbind(seq_len(n) %% 5 + 1, seq_len(n) %% 3 + 0.5)
  switch(needs,
    any = , positive = numbers,
    nonnegative = floor(numbers),
    unit = , inner_unit = numbers / 7,
    share = numbers / rowSums(numbers),
    single = numbers[, 1L],
    ordered = factor(letters[seq_len(n) %% 4 + 1]),
    survival = plain_surv(seq_len(n) %% 7 + 1, seq_len(n) %% 3 > 0)
  )
}
