# Reference values for the per-class tests: right answers of 7 dense and 7 pruned networks on 6 classes of unequal size, each
# network's recalls shifted by its accuracy. Everything is computed from the counts as it is defined: accuracy outside a class
# from the counts outside it, max-t by a t test of each of the 128 sign flips.
# Writes class_tests_input.csv (the first row: examples of each class) and class_tests.csv.   Rscript class_tests.R
set.seed(20)
k <- 7; m <- 6
n <- c(40, 100, 250, 60, 150, 400)
draw <- function(p) sapply(1:m, function(j) rbinom(k, n[j], pmin(pmax(p[, j], 0), 1)))
p <- matrix(rbeta(k * m, 60, 10), k)
dense <- draw(p)
p <- p - 0.03
p[, 2] <- p[, 2] - 0.15
pruned <- draw(p)
pruned[3, 4] <- n[4]                                # a perfect recall: the logit needs its correction
input <- rbind(data.frame(population = "size", replicate = NA, t(n)), data.frame(population = "dense", replicate = 0:(k - 1), dense),
               data.frame(population = "pruned", replicate = 0:(k - 1), pruned))
names(input)[3:(m + 2)] <- paste0("class", 0:(m - 1))
write.csv(input, "class_tests_input.csv", row.names = FALSE, quote = FALSE)

recall <- function(count) sweep(count, 2, n, "/")
accuracy <- function(count) rowSums(count) / sum(n)
outside <- function(count) sapply(1:m, function(j) rowSums(count[, -j]) / sum(n[-j]))
shifted <- function(count) recall(count) - accuracy(count)
published <- function(count) recall(count) - mean(accuracy(count))
contrast <- function(count) recall(count) - outside(count)
logit_contrast <- function(count) sapply(1:m, function(j) {
  rest <- rowSums(count[, -j])
  qlogis((count[, j] + 0.5) / (n[j] + 1)) - qlogis((rest + 0.5) / (sum(n[-j]) + 1))
})
hedges <- function(d, c, paired) {
  v <- var(cbind(d, c))
  s <- diag(v)
  df <- sum(s)^2 / (sum(s^2) + if (paired) 2 * v[1, 2]^2 else 0) * (k - 1)
  gamma(df / 2) / (sqrt(df / 2) * gamma((df - 1) / 2)) * (mean(c) - mean(d)) / sqrt(mean(s))
}
max_t <- function(difference) {
  t_of <- function(x) abs(apply(x, 2, function(y) t.test(y)$statistic))
  flips <- as.matrix(expand.grid(rep(list(c(1, -1)), k)))
  largest <- apply(flips, 1, function(sign) max(t_of(sign * difference)))
  sapply(t_of(difference), function(t) mean(largest >= t - 1e-9))
}
t_rows <- function(d, c, paired) do.call(rbind, lapply(1:m, function(j) {
  t <- t.test(c[, j], d[, j], paired = paired)
  data.frame(estimate = mean(c[, j]) - mean(d[, j]), std_error = t$stderr, statistic = unname(t$statistic), df = unname(t$parameter),
             p_value = t$p.value, conf_low = t$conf.int[1], conf_high = t$conf.int[2])
}))
rows <- function(test, paired) {
  found <- cbind(test = test, class_index = 1:m - 1, t_rows(shifted(dense), shifted(pruned), paired))
  effect <- t_rows(contrast(dense), contrast(pruned), paired)
  raw <- t_rows(recall(dense), recall(pruned), paired)
  logit <- t_rows(logit_contrast(dense), logit_contrast(pruned), paired)
  cbind(found, p_adjusted = p.adjust(found$p_value, "BH"), p_holm = p.adjust(found$p_value, "holm"),
        p_max_t = if (paired) max_t(shifted(pruned) - shifted(dense)) else NA,
        effect = effect$estimate, effect_conf_low = effect$conf_low, effect_conf_high = effect$conf_high,
        hedges_g = sapply(1:m, function(j) hedges(shifted(dense)[, j], shifted(pruned)[, j], paired)),
        raw_change = raw$estimate, raw_conf_low = raw$conf_low, raw_conf_high = raw$conf_high, raw_p_value = raw$p_value,
        logit_effect = logit$estimate, logit_p_value = logit$p_value, logit_p_adjusted = p.adjust(logit$p_value, "BH"))
}
out <- rbind(rows("paired", TRUE), rows("welch", FALSE))
hooker <- cbind(test = "hooker", class_index = 1:m - 1, t_rows(published(dense), published(pruned), FALSE))
hooker[setdiff(names(out), names(hooker))] <- NA
hooker$raw_change <- colMeans(recall(pruned)) - colMeans(recall(dense))
write.csv(format(rbind(out, hooker), digits = 17), "class_tests.csv", row.names = FALSE, quote = FALSE)
