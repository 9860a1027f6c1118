# Reference values for the change of accuracy, the worst class and the power of t tests: accuracies of 8 dense and 8 compressed
# networks, then of 7 and 5 unmatched ones, and recalls on 6 classes. Writes equivalence_input.csv, equivalence.csv (long: case,
# name, value), recalls_input.csv and power.csv.   Rscript equivalence.R
set.seed(31)
margin <- 0.01
dense <- round(rnorm(8, 0.91, 0.004), 4); compressed <- round(dense - 0.003 + rnorm(8, 0, 0.003), 4)
few_dense <- round(rnorm(7, 0.91, 0.004), 4); few_compressed <- round(rnorm(5, 0.905, 0.009), 4)
rows <- function(case, population, x) data.frame(case = case, population = population, accuracy = x)
write.csv(rbind(rows("paired", "dense", dense), rows("paired", "compressed", compressed), rows("unpaired", "dense", few_dense),
                rows("unpaired", "compressed", few_compressed)), "equivalence_input.csv", row.names = FALSE, quote = FALSE)

change <- function(case, d, c, paired) {
  t <- t.test(c, d, paired = paired)
  lower <- t.test(c, d, paired = paired, mu = -margin, alternative = "greater")$p.value
  upper <- t.test(c, d, paired = paired, mu = margin, alternative = "less")$p.value
  data.frame(case = case, name = c("estimate", "std_error", "statistic", "df", "p_value", "conf_low", "conf_high", "p_not_worse",
                                   "p_equivalent"),
             value = c(mean(c) - mean(d), t$stderr, t$statistic, t$parameter, t$p.value, t$conf.int, lower, max(lower, upper)))
}

m <- 6; margin_of_recall <- 0.06
dense_recall <- matrix(round(rbeta(8 * m, 40, 6), 3), 8); compressed_recall <- pmin(dense_recall - 0.01 + matrix(round(rnorm(8 * m, 0, 0.02), 3), 8), 1)
compressed_recall[, 4] <- compressed_recall[, 4] - 0.03
recalls <- rbind(data.frame(population = "dense", dense_recall), data.frame(population = "compressed", compressed_recall))
names(recalls)[-1] <- paste0("class", 0:(m - 1))
write.csv(recalls, "recalls_input.csv", row.names = FALSE, quote = FALSE)
worst <- function(case, paired) {
  p <- sapply(1:m, function(j) t.test(compressed_recall[, j], dense_recall[, j], paired = paired, mu = -margin_of_recall, alternative = "greater")$p.value)
  j <- which.max(p)
  data.frame(case = case, name = c("class_index", "estimate", "p_value"), value = c(j - 1, mean(compressed_recall[, j]) - mean(dense_recall[, j]), max(p)))
}
out <- rbind(change("paired", dense, compressed, TRUE), change("unpaired", few_dense, few_compressed, FALSE),
             worst("worst-paired", TRUE), worst("worst-unpaired", FALSE))
write.csv(format(out, digits = 17), "equivalence.csv", row.names = FALSE, quote = FALSE)

power <- function(k, sd, difference, level, type) {
  at <- power.t.test(n = k, delta = difference, sd = sd, sig.level = level, type = type, strict = TRUE)$power
  detectable <- power.t.test(n = k, power = 0.8, sd = sd, sig.level = level, type = type, strict = TRUE, tol = 1e-14)$delta
  needed <- tryCatch(ceiling(power.t.test(power = 0.8, delta = difference, sd = sd, sig.level = level, type = type, strict = TRUE, tol = 1e-12)$n), error = function(e) NA)
  data.frame(design = if (type == "paired") "paired" else "unpaired", n_networks = k, sd = sd, difference = difference, level = level, power = at,
             detectable = detectable, replicates = needed)
}
out <- do.call(rbind, lapply(c("paired", "two.sample"), function(type) rbind(
  power(5, 0.004, 0.005, 0.05, type), power(10, 0.004, 0.003, 0.05, type), power(16, 0.002, 0.001, 0.05, type),
  power(30, 0.004, 0.002, 0.05, type), power(12, 0.02, 0.02, 0.005, type), power(100, 0.01, 0.001, 0.05, type))))
write.csv(format(out, digits = 17), "power.csv", row.names = FALSE, quote = FALSE)
