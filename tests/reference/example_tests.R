# Reference values for the tests of single examples: which networks are right, unmatched (7 dense, 9 pruned), matched (12 pairs) and
# unmatched with many networks (60 and 60). Writes example_tests_input.csv and example_tests.csv.   Rscript example_tests.R
set.seed(21)
level <- 0.05
n <- 40
draw <- function(k, p) matrix(as.integer(runif(k * n) < rep(p, each = k)), k)
easy <- c(rep(1, 4), rep(0.97, 20), runif(n - 24))
harmed <- replace(easy, c(3:10, 24), 0.03)
helped <- replace(harmed, 38:40, 1 - easy[38:40])
rows <- function(design, d, c) {
  out <- rbind(data.frame(design = design, population = "dense", replicate = seq_len(nrow(d)) - 1, d),
               data.frame(design = design, population = "pruned", replicate = seq_len(nrow(c)) - 1, c))
  names(out)[-(1:3)] <- paste0("example", seq_len(n) - 1)
  out
}
# The smallest k such that at most k tests can reach level / k; those tests stay (Tarone 1990, Gilbert 2005).
passes <- function(smallest) {
  k <- 1
  while (sum(smallest <= level / k) > k) k <- k + 1
  smallest <= level / k
}
over <- function(p, kept, method) replace(rep(1, length(p)), kept, p.adjust(p[kept], method))
finish <- function(design, d, c, p, smallest) {
  kept <- passes(smallest)
  data.frame(design = design, example_index = seq_len(n) - 1, estimate = colMeans(c) - colMeans(d), p_value = p, smallest_p = smallest,
             p_adjusted = over(p, kept, "BH"), p_by = over(p, kept, "BY"), p_holm = p.adjust(p, "holm"))
}
fisher <- function(right, wrong) fisher.test(cbind(right, wrong))$p.value
unpaired <- function(design, d, c) {
  kd <- nrow(d); kc <- nrow(c)
  p <- sapply(1:n, function(i) fisher(c(sum(d[, i]), sum(c[, i])), c(kd - sum(d[, i]), kc - sum(c[, i]))))
  smallest <- sapply(1:n, function(i) {
    total <- sum(d[, i]) + sum(c[, i])
    min(sapply(max(0, total - kc):min(kd, total), function(a) fisher(c(a, total - a), c(kd - a, kc - total + a))))
  })
  finish(design, d, c, p, smallest)
}
paired <- function(design, d, c) {
  harmful <- colSums(d == 1 & c == 0); discordant <- colSums(d != c)
  sign <- function(x, m) if (m == 0) 1 else binom.test(x, m)$p.value
  finish(design, d, c, mapply(sign, harmful, discordant), sapply(discordant, function(m) sign(0, m)))
}
few <- list(d = draw(7, easy), c = draw(9, helped))
pairs <- list(d = draw(12, easy), c = draw(12, helped))
many <- list(d = draw(60, easy), c = draw(60, 0.8 * helped + 0.2 * easy))
input <- rbind(rows("unpaired", few$d, few$c), rows("paired", pairs$d, pairs$c), rows("many", many$d, many$c))
write.csv(input, "example_tests_input.csv", row.names = FALSE, quote = FALSE)
out <- rbind(unpaired("unpaired", few$d, few$c), paired("paired", pairs$d, pairs$c), unpaired("many", many$d, many$c))
write.csv(format(out, digits = 17, trim = TRUE), "example_tests.csv", row.names = FALSE, quote = FALSE)
