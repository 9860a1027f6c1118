# Reference values for unseen data: accuracy of 7 dense and 7 pruned networks on clean data and on 3 altered copies, with R's t.test and
# p.adjust; a crossed difference of two regimes from aov's mean squares; effective robustness from lm. Writes unseen_input.csv
# (accuracies), unseen_right_input.csv (right or wrong, a row per regime and network) and unseen.csv (a value a row).
#   Rscript unseen.R
set.seed(7)
k <- 7; a <- 3
clean <- list(dense = round(runif(k, 0.90, 0.93), 4), pruned = round(runif(k, 0.88, 0.91), 4))
altered <- lapply(clean, function(x) sapply(c(0.05, 0.12, 0.3), function(lost) round(x - lost + rnorm(k, 0, 0.01), 4)))
altered$pruned[, 3] <- altered$pruned[, 3] - 0.03
input <- do.call(rbind, lapply(names(clean), function(p) data.frame(population = p, clean = clean[[p]], altered = altered[[p]])))
names(input) <- c("population", "clean", "copy0", "copy1", "copy2")
write.csv(input, "unseen_input.csv", row.names = FALSE)

out <- NULL
add <- function(case, index, values) for (name in names(values)) out <<- rbind(out, data.frame(case = case, index = index, name = name, value = values[[name]]))
tested <- function(t, estimate) c(estimate = estimate, std_error = t$stderr, statistic = unname(t$statistic), df = unname(t$parameter),
                                  p_value = t$p.value, conf_low = t$conf.int[1], conf_high = t$conf.int[2])
for (paired in c(TRUE, FALSE)) {
  case <- if (paired) "excess-paired" else "excess-unpaired"
  lost <- lapply(names(clean), function(p) cbind(clean[[p]] - altered[[p]], rowMeans(clean[[p]] - altered[[p]])))
  p <- sapply(1:a, function(j) t.test(lost[[2]][, j], lost[[1]][, j], paired = paired)$p.value)
  for (j in 1:(a + 1)) {
    add(case, j - 1, tested(t.test(lost[[2]][, j], lost[[1]][, j], paired = paired), mean(lost[[2]][, j]) - mean(lost[[1]][, j])))
    if (j <= a) add(case, j - 1, c(p_adjusted = p.adjust(p, "holm")[j], relative_change = mean(altered$pruned[, j]) / mean(altered$dense[, j]) - 1))
    add(case, j - 1, c(relative_change_clean = mean(clean$pruned) / mean(clean$dense) - 1))
  }
  # the clean accuracies as training data, the first copy as test data
  change <- t.test(clean$pruned - altered$pruned[, 1], clean$dense - altered$dense[, 1], paired = paired)
  add(if (paired) "gap-change-paired" else "gap-change-unpaired", 0,
      tested(change, mean(clean$pruned - altered$pruned[, 1]) - mean(clean$dense - altered$dense[, 1])))
}
gap <- t.test(clean$dense, altered$dense[, 1], paired = TRUE)
add("gap", 0, tested(gap, mean(clean$dense - altered$dense[, 1])))

# crossed: regime a with 5 networks, regime b with 5, the same 40 examples
n <- 40
ease <- rnorm(n, 1); more <- rnorm(n, 0.3, 0.5)
right <- function(m, extra) t(sapply(1:m, function(i) as.integer(ease + extra + rnorm(1, 0, 0.5) + rnorm(n) > 0)))
A <- right(5, more); B <- right(5, 0)
write.csv(data.frame(regime = rep(c("a", "b"), each = 5), rbind(A, B)), "unseen_right_input.csv", row.names = FALSE)
squares <- function(table) {
  long <- data.frame(y = as.vector(table), network = factor(row(table)), example = factor(col(table)))
  summary(aov(y ~ network + example, long))[[1]][["Mean Sq"]] / length(table)
}
crossed <- function(case, estimate, parts, df) {
  variance <- sum(parts); dfs <- variance^2 / sum(parts^2 / df); t <- estimate / sqrt(variance)
  add(case, 0, c(estimate = estimate, std_error = sqrt(variance), statistic = t, df = dfs, p_value = 2 * pt(-abs(t), dfs),
                 conf_low = estimate - qt(0.975, dfs) * sqrt(variance), conf_high = estimate + qt(0.975, dfs) * sqrt(variance)))
}
s <- squares(A - B)
stopifnot(s[1] > s[3])
crossed("crossed-paired", mean(A - B), c(s[1], s[2], -s[3]), c(4, n - 1, 4 * (n - 1)))
s <- squares(A); b <- squares(B[1:4, ])
stopifnot(s[1] > s[3], b[1] > b[3])
crossed("crossed-unpaired", mean(A) - mean(B[1:4, ]), c(s[1], -s[3], b[1], -b[3], var(colMeans(A) - colMeans(B[1:4, ])) / n),
        c(4, 4 * (n - 1), 3, 3 * (n - 1), n - 1))

# effective robustness on the second copy: the dense networks and a spread of others as the baseline, the pruned ones in question
x <- qlogis(c(clean$dense, clean$pruned - 0.03)); y <- qlogis(c(altered$dense[, 2], altered$pruned[, 2] - 0.04))
fit <- lm(y ~ x); at <- qlogis(clean$pruned)
stopifnot(min(x) < min(at), max(at) < max(x), length(x) >= 5, max(x) - min(x) >= 0.2)
predicted <- plogis(coef(fit)[1] + coef(fit)[2] * at); beyond <- altered$pruned[, 2] - predicted
gradient <- c(mean(predicted * (1 - predicted)), mean(predicted * (1 - predicted) * at))
parts <- c(var(beyond) / k, drop(gradient %*% vcov(fit) %*% gradient))
crossed("robustness", mean(beyond), parts, c(k - 1, fit$df.residual))
add("robustness", 0, c(slope = coef(fit)[[2]], predicted = mean(predicted)))
write.csv(format(out, digits = 17, trim = TRUE), "unseen.csv", row.names = FALSE, quote = FALSE)
