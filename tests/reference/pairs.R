# Reference values for one pair of networks. Exact tests: binom.test, dbinom, fisher.test with p.adjust, pchisq. Tango's interval and the
# exact test at a margin: the likelihood maximized by bisection of its derivative (no closed form), uniroot, all tables of n examples over
# a dense grid of shares. Newcombe's method 10 by his formula. Re-runs: the distribution of a sum, example by example. Writes *_input.csv
# and pairs.csv (a row per pair), pairs_groups.csv, pairs_scores.csv, pairs_reruns.csv (data) and pairs_values.csv.   Rscript pairs.R
z95 <- qnorm(0.975)
save <- function(table, name) write.csv(format(table, digits = 17, trim = TRUE), name, row.names = FALSE, quote = FALSE)

# the score statistic at a change d of lost and gained (vectors) among n
statistic <- function(lost, gained, n, d) {
  low <- rep(max(0, -d), length(lost)); high <- rep((1 - d) / 2, length(lost))
  for (step in 1:200) {
    q <- (low + high) / 2
    rises <- lost / q + gained / (q + d) - 2 * (n - lost - gained) / (1 - d - 2 * q) > 0
    rises[is.na(rises)] <- FALSE
    low[rises] <- q[rises]; high[!rises] <- q[!rises]
  }
  excess <- gained - lost - n * d
  ifelse(excess == 0, 0, excess / sqrt(n * (2 * low + d - d^2)))
}
end <- function(lost, gained, n, side) {
  estimate <- (gained - lost) / n
  if (estimate == side) return(side)
  f <- function(d) statistic(lost, gained, n, d) + side * z95
  uniroot(f, sort(c(estimate, side * (1 - 1e-13))), tol = 1e-14, maxiter = 10000)$root
}
newcombe <- function(lost, gained, both, neither) {
  n <- lost + gained + both + neither
  wilson <- function(x) suppressWarnings(prop.test(x, n, correct = FALSE))$conf.int
  p1 <- (both + lost) / n; p2 <- (both + gained) / n; w1 <- wilson(both + lost); w2 <- wilson(both + gained)
  a <- both * neither - lost * gained
  numerator <- if (a > n / 2) a - n / 2 else if (a >= 0) 0 else a
  product <- prod(both + lost, gained + neither, both + gained, lost + neither)
  phi <- if (product == 0) 0 else numerator / sqrt(product)
  d1 <- p2 - w2[1]; d2 <- w1[2] - p1; e1 <- w2[2] - p2; e2 <- p1 - w1[1]
  c(p2 - p1 - sqrt(d1^2 - 2 * phi * d1 * d2 + d2^2), p2 - p1 + sqrt(e1^2 - 2 * phi * e1 * e2 + e2^2))
}
exact <- function(lost, gained, n, margin) {
  tables <- subset(expand.grid(l = 0:n, g = 0:n), l + g <= n)
  found <- statistic(tables$l, tables$g, n, -margin); own <- statistic(lost, gained, n, -margin)
  range <- suppressWarnings(prop.test(lost + gained, n, conf.level = 1 - 1e-4, correct = FALSE))$conf.int
  shares <- pmin(pmax((range - margin) / 2, 0), (1 - margin) / 2)
  log_ways <- lfactorial(n) - lfactorial(tables$l) - lfactorial(tables$g) - lfactorial(n - tables$l - tables$g)
  term <- function(k, p) if (p > 0) k * log(p) else ifelse(k > 0, -Inf, 0)
  p <- sapply(seq(shares[1], shares[2], length.out = 2000), function(s) {
    prob <- exp(log_ways + term(tables$l, s + margin) + term(tables$g, s) + term(n - tables$l - tables$g, 1 - margin - 2 * s))
    c(sum(prob[found <= own + 1e-9]), sum(prob[found >= own - 1e-9]))
  })
  pmin(apply(p, 1, max) + 1e-4, 1)
}

input <- read.csv(text = "lost,gained,both_right,both_wrong,margin
3,0,20,7,0.05\n1,4,21,4,0.1\n5,2,40,13,0.01\n12,5,30,13,0.02\n0,0,100,20,0.05\n8,8,90,14,0.05\n20,6,70,24,0.05\n0,3,100,17,0\n9,2,100,9,0
1,0,0,0,0.5\n0,1,0,0,0.2\n0,0,1,0,0.1\n30,0,0,0,0.3\n12,2,36,0,0.1\n1,7,1,12,0.1\n0,0,0,40,0.02\n30,29,1,0,0.01
68,18,7000,2914,NA\n5,14,9000,981,NA\n738,470,40000,8792,NA\n400,399,5000,201,NA\n0,1,999999,0,NA")
out <- do.call(rbind, lapply(seq_len(nrow(input)), function(i) with(input[i, ], {
  d <- lost + gained; n <- d + both_right + both_wrong; k <- max(lost, gained)
  mid <- if (lost == gained) 1 - dbinom(lost, d, 0.5) / 2 else 2 * sum(dbinom(k:d, d, 0.5)) - dbinom(k, d, 0.5)
  test <- function(h) if (d) binom.test(lost, d, alternative = h)$p.value else 1
  p <- if (is.na(margin)) c(NA, NA) else exact(lost, gained, n, margin)
  nc <- newcombe(lost, gained, both_right, both_wrong)
  data.frame(one_sided = test("greater"), two_sided = test("two.sided"), mid = mid, conf_low = end(lost, gained, n, -1),
             conf_high = end(lost, gained, n, 1), newcombe_low = nc[1], newcombe_high = nc[2], p_worse = p[1], p_within = p[2])
})))
write.csv(input, "pairs_input.csv", row.names = FALSE, quote = FALSE)
save(out, "pairs.csv")

groups <- data.frame(lost = c(9, 3, 0, 0, 14, 2, 1), gained = c(1, 4, 0, 6, 10, 2, 0))
fisher <- function(l, d) fisher.test(rbind(c(l, d - l), c(sum(groups$lost) - l, sum(groups$gained) - d + l)))$p.value
d <- groups$lost + groups$gained
groups$p <- mapply(fisher, groups$lost, d)
groups$smallest_p <- sapply(d, function(d) min(sapply(max(0, d - sum(groups$gained)):min(d, sum(groups$lost)), fisher, d = d)))
groups$p_holm <- p.adjust(groups$p, "holm"); groups$p_bh <- p.adjust(groups$p, "BH")
save(groups, "pairs_groups.csv")

values <- NULL
add <- function(name, value) values <<- rbind(values, data.frame(name = name, value = value))
for (p in list(c(0.01, 0.2, 0.7), c(1, 1), 0.03, c(1e-30, 0.5, 1e-12, 1), rep(0.04, 50)))
  add(paste(c("fisher", head(p, 4), length(p)), collapse = " "), pchisq(-2 * sum(log(p)), 2 * length(p), lower.tail = FALSE))
for (df in c(4, 10, 30, 200, 100000)) add(paste0("t ", format(df, scientific = FALSE)), qt(0.975, df))

set.seed(5)
scores <- data.frame(label = sample(0:3, 12, TRUE), round(matrix(rnorm(96, 0, 2), 12), 4))
names(scores)[-1] <- c(paste0("first", 0:3), paste0("second", 0:3))
write.csv(scores, "pairs_scores.csv", row.names = FALSE, quote = FALSE)
softmax <- function(x) exp(x) / rowSums(exp(x))
p <- softmax(as.matrix(scores[2:5])); q <- softmax(as.matrix(scores[6:9]))
own <- cbind(1:12, scores$label + 1)
odds <- log(q[own] / (1 - q[own])) - log(p[own] / (1 - p[own]))
test <- t.test(odds)
kl <- rowSums(p * log(p / q))
ece <- function(p) {
  sure <- apply(p, 1, max); right <- max.col(p) == scores$label + 1; bin <- cut(sure, seq(0, 1, length.out = 16))
  sum(sapply(split(data.frame(sure, right), bin, drop = TRUE), function(b) nrow(b) / 12 * abs(mean(b$right) - mean(b$sure))))
}
for (i in 1:12) add(paste("log_odds_change", i), odds[i])
add("mean", mean(odds)); add("median", median(odds)); add("conf_low", test$conf.int[1]); add("conf_high", test$conf.int[2])
add("kl_mean", mean(kl)); add("kl_median", median(kl)); add("kl_p99", quantile(kl, 0.99))
add("ece_first", ece(p)); add("ece_second", ece(q))

n <- 80
rerun <- data.frame(label = sample(0:2, n, TRUE), first = sample(0:2, n, TRUE))
again <- function(share) ifelse(runif(n) < share, sample(0:2, n, TRUE), rerun$first)
rerun <- cbind(rerun, second = again(0.5), rerun1 = again(0.3), rerun2 = again(0.3), rerun3 = again(0.4))
write.csv(rerun, "pairs_reruns.csv", row.names = FALSE, quote = FALSE)
tail_of_sum <- function(steps, observed) {  # steps: a matrix of -1, 0, 1, a row per example, each column as likely
  density <- c(rep(0, n), 1, rep(0, n))     # of -n to n
  for (i in seq_len(n)) {
    shifted <- function(s) if (s == 0) density else if (s > 0) c(0, head(density, -1)) else c(density[-1], 0)
    density <- Reduce(`+`, lapply(steps[i, ], shifted)) / ncol(steps)
  }
  sum(density[(-n:n) >= observed])
}
differs <- 1 * (rerun[c("second", "rerun1", "rerun2", "rerun3")] != rerun$first)
fell <- (rerun$first == rerun$label) - 1 * (rerun[c("second", "rerun1", "rerun2", "rerun3")] == rerun$label)
only <- c(sum(differs[, 1] > differs[, 2]), sum(differs[, 1] < differs[, 2]))
add("further_than_1", binom.test(only[1], sum(only), alternative = "greater")$p.value)
add("further_than_3", tail_of_sum(differs, sum(differs[, 1])))
add("more_lost_than_1", tail_of_sum(as.matrix(fell[, 1:2]), sum(fell[, 1])))
add("more_lost_than_3", tail_of_sum(as.matrix(fell), sum(fell[, 1])))
save(values, "pairs_values.csv")
