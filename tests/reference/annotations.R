# Reference values for the agreement of annotators: Cohen's kappa with its asymptotic standard error from vcd (Fleiss, Cohen &
# Everitt 1969), Fleiss' kappa and its delete-one jackknife over examples written out.   Needs r-cran-vcd.   Rscript annotations.R
library(vcd)
set.seed(11)
truth <- rbinom(60, 1, 0.4)
rater <- function(error) as.integer(xor(truth, rbinom(60, 1, error)))
said <- data.frame(a = rater(0.1), b = rater(0.2), c = rater(0.3))
write.csv(said, "annotations_input.csv", row.names = FALSE)

fleiss <- function(n_present, m) {
  agreement <- mean(choose(n_present, 2) + choose(m - n_present, 2)) / choose(m, 2)
  share <- sum(n_present) / (m * length(n_present))
  (agreement - share^2 - (1 - share)^2) / (1 - share^2 - (1 - share)^2)
}
jackknife <- function(n_present, m) {
  n <- length(n_present)
  without <- sapply(seq_len(n), function(i) fleiss(n_present[-i], m))
  sqrt((n - 1) / n * sum((without - mean(without))^2))
}
rows <- list()
for (pair in list(c("a", "b"), c("a", "c"), c("b", "c"))) {
  found <- Kappa(table(factor(said[[pair[1]]], 0:1), factor(said[[pair[2]]], 0:1)))$Unweighted
  rows[[length(rows) + 1]] <- data.frame(annotators = paste(pair, collapse = ""), kappa = found["value"], std_error = found["ASE"])
}
n_present <- rowSums(said)
se <- jackknife(n_present, 3)
rows[[length(rows) + 1]] <- data.frame(annotators = "abc", kappa = fleiss(n_present, 3), std_error = se)
write.csv(format(do.call(rbind, rows), digits = 17), "annotations.csv", row.names = FALSE, quote = FALSE)
