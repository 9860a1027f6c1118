# Reference values for the per-class tests: recalls of 7 dense and 7 pruned networks on 6 classes, shifted by each network's
# accuracy (equal class sizes). Writes class_tests_input.csv and class_tests.csv.   Rscript class_tests.R
set.seed(20)
k <- 7; m <- 6
dense <- matrix(round(rbeta(k * m, 40, 8), 3), k)
pruned <- pmax(pmin(dense - 0.03 + matrix(round(rnorm(k * m, 0, 0.03), 3), k), 1), 0)
pruned[, 2] <- pmax(pruned[, 2] - 0.15, 0)
input <- rbind(data.frame(population = "dense", replicate = 0:(k - 1), dense), data.frame(population = "pruned", replicate = 0:(k - 1), pruned))
names(input)[3:(m + 2)] <- paste0("class", 0:(m - 1))
write.csv(input, "class_tests_input.csv", row.names = FALSE)
shifted <- function(r) r - rowMeans(r)
published <- function(r) r - mean(r)
rows <- function(test, d, c, paired, adjust) {
  found <- do.call(rbind, lapply(1:m, function(j) {
    t <- t.test(c[, j], d[, j], paired = paired)
    data.frame(test = test, class_index = j - 1, estimate = mean(c[, j]) - mean(d[, j]), std_error = t$stderr, statistic = unname(t$statistic),
               df = unname(t$parameter), p_value = t$p.value, conf_low = t$conf.int[1], conf_high = t$conf.int[2])
  }))
  found$p_adjusted <- if (adjust) p.adjust(found$p_value, "BH") else NA
  found
}
out <- rbind(rows("paired", shifted(dense), shifted(pruned), TRUE, TRUE), rows("welch", shifted(dense), shifted(pruned), FALSE, TRUE),
             rows("hooker", published(dense), published(pruned), FALSE, FALSE))
write.csv(format(out, digits = 17), "class_tests.csv", row.names = FALSE, quote = FALSE)
