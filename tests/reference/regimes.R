# Reference values for pietools.statistics.regimes: two regimes of 5 dense and 5 compressed networks on 60 examples. Covariances are
# means over every split into disjoint sets of 2 networks, with residuals by lm; variances come from lm fits of each block of pairs;
# out-of-fold predictions by predict. Writes regimes_input.csv (right or wrong), regimes_examples.csv (x, z, class, fold), regimes_weights.csv
# and regimes.csv.
#   Rscript regimes.R
set.seed(14)  # one of those with which single networks have an influence on everything (linear > 0 below)
k <- 5; n <- 60
x <- round(rnorm(n), 3); z <- round(rnorm(n), 3); class <- rep(0:2, 20)
# numpy.random.default_rng(0).permutation(60) % 5
fold <- c(1, 2, 0, 3, 2, 4, 1, 4, 2, 2, 0, 2, 4, 3, 4, 3, 1, 0, 0, 3, 4, 3, 1, 0, 2, 1, 1, 0, 3, 1, 4, 3, 2, 1, 2, 1, 3, 2, 0, 3, 4, 3,
          2, 0, 0, 3, 2, 2, 0, 4, 4, 0, 4, 4, 4, 1, 1, 3, 0, 1)
draw <- function(logit) matrix(rbinom(k * n, 1, rep(plogis(logit), each = k)), k)
hit <- z + rnorm(n) > 0.5
right <- list(dense_a = draw(1.5 + x), compressed_a = draw(1.5 + x - 2.5 * hit),
              dense_b = draw(1 + x), compressed_b = draw(1 + x - 2 * hit + rnorm(n)))
invisible(rbinom(400, 1, 0.25 + 0.3 * rbinom(400, 1, 0.35)))  # so that the coefficients below are those that they were
input <- do.call(rbind, lapply(names(right), function(name) data.frame(population = name, right[[name]])))
write.csv(input, "regimes_input.csv", row.names = FALSE, quote = FALSE)
write.csv(data.frame(x, z, class, fold), "regimes_examples.csv", row.names = FALSE, quote = FALSE)

# rows of residuals; a table of rows is a table of sets of networks, or of networks
left <- function(rows, weight = rep(1, n)) t(apply(rows, 1, function(y) sqrt(weight) * resid(lm(y ~ x + factor(class), weights = weight))))
df <- lm(x ~ z + factor(class))$df.residual
sets <- combn(k, 2, simplify = FALSE)
disjoint <- do.call(rbind, lapply(seq_along(sets), function(i) t(sapply(Filter(function(j) !any(sets[[i]] %in% sets[[j]]), seq_along(sets)),
                                                                       function(j) c(i, j)))))
set_means <- function(p) t(sapply(sets, function(s) colMeans(right[[p]][s, ])))
covariance <- function(one, other) sum(one * other) / df
paired <- function(r) left(set_means(paste0("dense_", r)) - set_means(paste0("compressed_", r)))
over_splits <- function(one, other) mean(apply(disjoint, 1, function(s) covariance(one[s[1], ], other[s[2], ])))
a <- paired("a"); b <- paired("b")
matched <- c(over_splits(a, b), over_splits(a, a), over_splits(b, b))
unpaired <- function(r) list(left(set_means(paste0("dense_", r))), left(set_means(paste0("compressed_", r))))
variance <- function(r) mean(apply(disjoint, 1, function(s) apply(disjoint, 1, function(t)
  covariance(r[[1]][s[1], ] - r[[2]][t[1], ], r[[1]][s[2], ] - r[[2]][t[2], ]))))
everything <- function(r) do.call(rbind, lapply(1:10, function(s) t(sapply(1:10, function(t) r[[1]][s, ] - r[[2]][t, ]))))
ua <- unpaired("a"); ub <- unpaired("b")
unmatched <- c(mean(everything(ua) %*% t(everything(ub))) / df, variance(ua), variance(ub))

# variance of a sum over pairs of units: an additive model of each block
pair_variance <- function(kernel, group) {
  influence <- numeric(length(group)); noise <- numeric(max(group)); pairs <- 0
  add <- function(fit, which, times, g) {
    v <- vcov(fit)[which, which]
    noise[g] <<- noise[g] + times^2 * (mean(diag(v)) - mean(v[upper.tri(v)]))
    influence[group == g] <<- influence[group == g] + times * coef(fit)[which]
  }
  for (g in 1:max(group)) for (h in g:max(group)) {
    if (g == h) {
      at <- t(combn(which(group == g), 2))
      x <- t(apply(at, 1, function(p) as.numeric(which(group == g) %in% p)))
      fit <- lm(kernel[at] ~ 0 + x)
      add(fit, 1:k, k - 1, g)
    } else {
      at <- as.matrix(expand.grid(which(group == g), which(group == h)))
      row <- outer(at[, 1], which(group == g), "==") * 1; column <- outer(at[, 2], which(group == h), "==") * 1
      # each set of effects against a sum of 0 in the other
      fit <- lm(kernel[at] ~ 0 + row + sweep(column[, -k], 1, column[, k]))
      add(fit, 1:k, k, g)
      fit <- lm(kernel[at] ~ 0 + column + sweep(row[, -k], 1, row[, k]))
      add(fit, 1:k, k, h)
    }
    pairs <- pairs + nrow(at) * summary(fit)$sigma^2
  }
  linear <- sum(sapply(1:max(group), function(g) k * (var(influence[group == g]) - noise[g])))
  max(linear, 0) + pairs
}
weights <- function(group) { w <- outer(group, group, function(g, h) 1 / (k * (k - (g == h)))); diag(w) <- 0; w }
rho <- function(parts) parts[1] / sqrt(parts[2] * parts[3])
errors <- function(rows_a, rows_b, group, parts) {
  w <- weights(group); ab <- rows_a %*% t(rows_b) / df
  kernels <- list(w * (ab + t(ab)), 2 * w * (rows_a %*% t(rows_a)) / df, 2 * w * (rows_b %*% t(rows_b)) / df)
  linear <- kernels[[1]] / sqrt(parts[2] * parts[3]) - rho(parts) / 2 * (kernels[[2]] / parts[2] + kernels[[3]] / parts[3])
  sqrt(c(pair_variance(linear, group), pair_variance(kernels[[1]], group)))
}
change <- function(r) left(right[[paste0("dense_", r)]] - right[[paste0("compressed_", r)]])
single <- function(p) left(right[[p]])
nothing <- matrix(0, 2 * k, n)
rows_a <- rbind(single("dense_a"), -single("compressed_a"), nothing)
rows_b <- rbind(nothing, single("dense_b"), -single("compressed_b"))
error_matched <- errors(change("a"), change("b"), rep(1, k), matched)
error_unmatched <- errors(rows_a, rows_b, rep(1:4, each = k), unmatched)

# weights, inverse to the variance of the product of both changes, as far as x tells it; and the correlation that they give, matched
spread <- function(r, paired) {
  samples <- if (paired) list(right[[paste0("dense_", r)]] - right[[paste0("compressed_", r)]])
             else list(right[[paste0("dense_", r)]], -right[[paste0("compressed_", r)]])
  noise <- Reduce(`+`, lapply(samples, function(s) apply(s, 2, var) / k))
  mean_left <- resid(lm(Reduce(`+`, lapply(samples, colMeans)) ~ x + factor(class)))
  logs <- log(noise + 0.01 * mean(noise)); limits <- quantile(logs, c(0.05, 0.95))
  curve <- exp(pmin(pmax(fitted(lm(logs ~ x)), limits[1]), limits[2]))
  max(sum(mean_left^2) / df - mean(noise), 0) + curve * mean(noise) / mean(curve)
}
precision <- function(paired) { w <- 1 / (spread("a", paired) * spread("b", paired)); w / mean(w) }
heavy <- precision(TRUE)
weighted_rows <- lapply(c("a", "b"), function(r) left(right[[paste0("dense_", r)]] - right[[paste0("compressed_", r)]], heavy))
of_pairs <- function(one, other) { products <- one %*% t(other) / df; mean(products[row(products) != col(products)]) }
weighted <- c(of_pairs(weighted_rows[[1]], weighted_rows[[2]]), of_pairs(weighted_rows[[1]], weighted_rows[[1]]),
              of_pairs(weighted_rows[[2]], weighted_rows[[2]]))
error_weighted <- errors(weighted_rows[[1]], weighted_rows[[2]], rep(1, k), weighted)

# out of fold, with every replicate's change as outcome
examples <- data.frame(x, z, class = factor(class))
out_of_fold <- function(formula) t(sapply(1:k, function(j) {
  d <- cbind(examples, y = right$dense_a[j, ] - right$compressed_a[j, ])
  r <- numeric(n)
  for (f in 0:4) r[fold == f] <- d$y[fold == f] - predict(lm(formula, d[fold != f, ]), d[fold == f, ])
  r
}))
squared <- function(r) { products <- r %*% t(r) / n; mean(products[row(products) != col(products)]) }
models <- lapply(c(y ~ 1, y ~ x + class, y ~ x + class + z), out_of_fold)
e <- sapply(models, squared)
gain <- (e[2] - e[3]) / e[1]
kernel <- Reduce(`+`, Map(function(r, c) c * 2 * weights(rep(1, k)) * (r %*% t(r)) / n, models, c(-gain, 1, -1))) / e[1]
by_example <- function(r) (colSums(r)^2 - colSums(r^2)) / (k * (k - 1))
of_examples <- (by_example(models[[2]]) - by_example(models[[3]]) - gain * by_example(models[[1]])) / e[1]
gain_error <- sqrt(pair_variance(kernel, rep(1, k)) + var(of_examples) / n)

# coefficients: 9 networks, 4 of them in each of 40 half-samples, matched
coefficients <- list(a = matrix(rnorm(27), 9), b = matrix(rnorm(27), 9))
halves <- t(sapply(1:40, function(s) sample(9, 4)))
replicated <- lapply(coefficients, function(m) t(apply(halves, 1, function(s) colMeans(m[s, ]))))
difference <- colMeans(coefficients$a) - colMeans(coefficients$b)
covariances <- list(matched = cov(replicated$a - replicated$b), unmatched = cov(replicated$a) + cov(replicated$b))
joint <- function(v) { f <- (9 - 3) / (3 * 8) * mahalanobis(difference, 0, v * 4 / 5); c(f, pf(f, 3, 6, lower.tail = FALSE)) }
first <- function(v) { s <- sqrt(v[1, 1] * 4 / 5); c(s, 2 * pt(-abs(difference[1] / s), 8)) }
write.csv(format(data.frame(regime = rep(c("a", "b"), each = 41), rbind(colMeans(coefficients$a), replicated$a, colMeans(coefficients$b),
          replicated$b)), digits = 17, trim = TRUE), "regimes_coefficients.csv", row.names = FALSE, quote = FALSE)

mean_change <- function(r) colMeans(change(r))
values <- c(matched_covariance = matched[1], matched_variance_a = matched[2], matched_variance_b = matched[3],
  matched_estimate = rho(matched), matched_std_error = error_matched[1], matched_statistic = matched[1] / error_matched[2],
  matched_p_value = 2 * pt(-abs(matched[1] / error_matched[2]), k - 1), raw = cor(mean_change("a"), mean_change("b")),
  unmatched_covariance = unmatched[1], unmatched_variance_a = unmatched[2], unmatched_variance_b = unmatched[3],
  unmatched_estimate = rho(unmatched), unmatched_std_error = error_unmatched[1], unmatched_statistic = unmatched[1] / error_unmatched[2],
  weighted_covariance = weighted[1], weighted_variance_a = weighted[2], weighted_variance_b = weighted[3],
  weighted_estimate = rho(weighted), weighted_std_error = error_weighted[1], weighted_statistic = weighted[1] / error_weighted[2],
  r2_without = 1 - e[2] / e[1], r2_with = 1 - e[3] / e[1], gain = gain, gain_error = gain_error,
  joint_matched = joint(covariances$matched)[1], joint_matched_p = joint(covariances$matched)[2],
  joint_unmatched = joint(covariances$unmatched)[1], joint_unmatched_p = joint(covariances$unmatched)[2],
  first_error = first(covariances$matched)[1], first_p = first(covariances$matched)[2])
write.csv(data.frame(name = names(values), value = format(values, digits = 17, trim = TRUE)), "regimes.csv", row.names = FALSE, quote = FALSE)
write.csv(format(data.frame(paired = heavy, unpaired = precision(FALSE)), digits = 17, trim = TRUE), "regimes_weights.csv", row.names = FALSE, quote = FALSE)
