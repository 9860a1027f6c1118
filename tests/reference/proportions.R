# Reference values for proportions of examples: Wilson's and Clopper and Pearson's intervals, Newcombe's interval of a difference by
# its formula, Fisher's and McNemar's exact tests. Writes proportions_input.csv and proportions.csv.   Rscript proportions.R
input <- data.frame(count1 = c(0, 5, 10, 37, 940, 50, 1), n1 = c(10, 5, 30, 40, 1000, 100, 7), count2 = c(3, 5, 20, 30, 905, 50, 0), n2 = c(12, 9, 30, 40, 1000, 100, 4))
write.csv(input, "proportions_input.csv", row.names = FALSE, quote = FALSE)
wilson <- function(x, n) suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
one <- function(r) {
  w1 <- wilson(r$count1, r$n1); w2 <- wilson(r$count2, r$n2); p1 <- r$count1 / r$n1; p2 <- r$count2 / r$n2
  exact <- binom.test(r$count1, r$n1)$conf.int
  low <- (p2 - p1) - sqrt((p2 - w2[1])^2 + (w1[2] - p1)^2); high <- (p2 - p1) + sqrt((w2[2] - p2)^2 + (p1 - w1[1])^2)
  data.frame(wilson_low = w1[1], wilson_high = w1[2], exact_low = exact[1], exact_high = exact[2], estimate = p2 - p1,
             p_value = fisher.test(rbind(c(r$count2, r$n2 - r$count2), c(r$count1, r$n1 - r$count1)))$p.value, conf_low = low, conf_high = high,
             mcnemar = binom.test(r$count1, r$count1 + r$count2)$p.value)
}
out <- do.call(rbind, lapply(seq_len(nrow(input)), function(i) one(input[i, ])))
write.csv(format(out, digits = 17), "proportions.csv", row.names = FALSE, quote = FALSE)
