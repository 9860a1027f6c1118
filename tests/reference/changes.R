# Reference values for why examples changed, excess churn, answers that turn, overlaps of what was hit, and Holm's method.
# Regression: 6 dense, 6 pruned (5 where unmatched), 6 further dense networks on 200 examples; splines::ns, its slope by splinefun;
# properties without each network by loops; where they are taken as exact, lm's coefficients too. Churn: loops over pairs;
# networks' effects by lm on the table of pairs, their noise by its vcov. Answers that turn: posteriors of 60 examples, drawn here;
# integrate(), half-widths by bisection without a table. Overlaps: mantelhaen.test, convolved dhyper; sets of regimes by loops.
# Writes changes_input.csv, changes.csv (a row per case and term), changes_churn_input.csv, changes_posterior_input.csv (a row per
# example and component), changes_turned_input.csv, changes_turned.csv, changes_hits_input.csv, changes_holm.csv (p.adjust),
# changes_values.csv.
#   Rscript changes.R
library(splines)
save <- function(table, name) write.csv(format(table, digits = 17, trim = TRUE), name, row.names = FALSE, quote = FALSE)
save_input <- function(table, name) write.csv(table, name, row.names = FALSE, quote = FALSE)
values <- NULL
add <- function(case, found) values <<- rbind(values, data.frame(case, name = names(found), value = unlist(found)))
spread <- function(x) mean((x - mean(x))^2)

set.seed(46)
n <- 200; k <- 6
easy <- rnorm(n, 2, 2)
tag <- rnorm(n) - 0.2 * easy                         # what the networks measure
noise <- 0.6 * exp(rnorm(n, 0, 0.4))                 # of each example
known <- rnorm(n) + 0.3 * tag                        # a property without an error
of_pair <- matrix(rnorm(n * k), n)
draw <- function(truth, shared) sapply(1:k, function(j) {
  rnorm(1, 0, 0.3) + truth + noise * (shared * of_pair[, j] + sqrt(1 - shared^2) * rnorm(n))
})
input <- cbind(draw(easy, 0.7), draw(easy - 0.3 + 0.2 * sin(easy) - 0.5 * tag - 0.2 * known + rnorm(n, 0, 0.3), 0.7), draw(easy, 0),
               sapply(1:(2 * k), function(j) tag + rnorm(n, 0, 1.2)), known)
colnames(input) <- c(paste0(rep(c("dense", "pruned", "further", "tag_dense", "tag_further"), each = k), 1:k), "known")
input <- as.data.frame(round(input, 4))
save_input(input, "changes_input.csv")
side <- function(name) as.matrix(input[paste0(name, 1:k)])

# difficulty, then properties, by some networks of a population: the second one is no mean over networks
measure <- function(name, networks) {
  tags <- rowMeans(side(paste0("tag_", name))[, networks])
  cbind(rowMeans(side(name)[, networks]), tags, tags^2, input$known)
}
design <- function(name, networks, is_exact = FALSE) {
  whole <- measure(name, networks)
  without <- if (is_exact) NULL else lapply(networks, function(one) {
    z <- measure(name, setdiff(networks, one))
    z[, 1] <- z[, 1] - mean(z[, 1] - whole[, 1])       # the intercept has what a network adds to all examples
    z
  })
  knots <- quantile(whole[, 1], c(0.05, 0.275, 0.5, 0.725, 0.95))
  curve <- function(x) matrix(ns(x, knots = knots[2:4], Boundary.knots = knots[c(1, 5)]), ncol = 4)
  columns <- function(z) cbind(1, curve(z[, 1]), z[, -1])
  level <- function(tables) lapply(tables, function(one) sweep(one, 2, colMeans(one)))
  error_of <- function(tables) {                     # mean over examples of the jackknife's covariance
    total <- 0; tables <- level(tables)
    if (length(tables)) for (i in 1:n) {
      rows <- t(sapply(tables, function(one) one[i, ]))
      total <- total + cov(rows) * (nrow(rows) - 1)^2 / nrow(rows)
    }
    total / n
  }
  x <- columns(whole); lines_error <- error_of(without) + diag(0, 4)
  centred <- scale(side(name)[, networks], scale = FALSE)
  if (!is_exact) stopifnot(abs(lines_error[1, 1] / mean(apply(centred, 1, var) / length(networks)) - 1) < 1e-10)
  true_cov <- cov(whole) * (n - 1) / n - lines_error
  true_sd <- sqrt(diag(true_cov))
  slope <- apply(curve(knots), 2, function(y) mean(splinefun(knots, y, method = "natural")(whole[, 1], deriv = 1)))
  contrasts <- diag(c(0, rep(1, 7)))[c(2, 6:8), ]
  contrasts[1, 2:5] <- slope
  left_out <- lapply(without, function(z) {
    one <- columns(z)
    cbind(1, sweep(one[, -1], 2, colMeans(one[, -1]) - colMeans(x[, -1])))
  })
  error <- error_of(left_out) + diag(0, 8)
  standard <- function(z) sweep(sweep(z, 2, colMeans(z)), 2, sqrt(apply(whole, 2, spread)), "/")
  list(z = standard(whole), z_out = lapply(without, standard), x = x, error = error, bread = solve(crossprod(x) / n - error), contrasts = contrasts * true_sd, left_out = left_out,
       reliability = true_sd^2 / apply(whole, 2, spread), vif = diag(solve(cov2cor(true_cov))))
}
out_of_fold <- function(x, y) {
  fold <- (1:n - 1) %% 5
  mean(unlist(lapply(0:4, function(f) (y - x %*% lm.fit(x[fold != f, , drop = FALSE], y[fold != f])$coefficients)[fold == f]^2)))
}
regress <- function(case, parts, dense, pruned, paired) {
  estimate <- doubled <- 0; shared <- list(); in_both <- list()
  psi <- 0; rows <- list(); of_pruned <- 0; m <- length(parts)
  for (part in parts) {
    d <- part$design; own <- dense[, part$dense]; other <- pruned[, part$pruned]
    change <- rowMeans(other) - rowMeans(own)
    beta <- drop(d$bread %*% crossprod(d$x, change) / n)
    fit <- function(y) drop(d$contrasts %*% d$bread %*% crossprod(d$x, y) / n) / m
    estimate <- estimate + fit(change)
    hat <- pmin(sapply(1:n, function(i) d$x[i, ] %*% d$bread %*% d$x[i, ] / n), 0.5)
    terms <- drop(d$contrasts %*% beta)
    influences <- function(x, z) {                     # on coefficients, and on the standard deviations that they are given per
      left <- change - drop(x %*% beta)
      t(sapply(1:n, function(i) drop(d$contrasts %*% d$bread %*% (x[i, ] * left[i] + d$error %*% beta)) / (1 - hat[i]) +
        terms * (z[i, ]^2 - 1) / (2 * d$reliability))) / m
    }
    psi <- psi + influences(d$x, d$z)
    # that other examples have another spread: the fourth moment of the standardised property without normal noise
    fourth <- pmax(colMeans(d$z^4) - 1 - 2 * (1 - d$reliability^2), 0)
    doubled <- doubled + terms^2 * fourth / (4 * d$reliability^2) / n / m
    noise_of <- function(rows) apply(rows - d$x %*% (d$bread %*% crossprod(d$x, rows) / n), 1, var) / ncol(rows)
    weights <- sapply(1:n, function(i) fit(replace(numeric(n), i, 1)))
    if (paired) {
      rows <- c(rows, list(apply(other - own, 2, fit)))
      doubled <- doubled + weights^2 %*% noise_of(other - own)
    } else {
      rows <- c(rows, list(apply(own, 2, fit)))
      of_pruned <- of_pruned + apply(other, 2, fit)
      doubled <- doubled + weights^2 %*% (noise_of(own) + noise_of(other))
      in_both <- c(in_both, list(list(weights = weights, left = other - d$x %*% (d$bread %*% crossprod(d$x, other) / n))))
    }
    r <- length(d$left_out)
    if (r >= 2) {
      scores <- Map(function(x, z) influences(x, z) / n, d$left_out, d$z_out)
      centre <- Reduce(`+`, scores) / r
      together <- Reduce(`+`, lapply(scores, function(s) colSums(s - centre)^2))
      single <- Reduce(`+`, lapply(scores, function(s) colSums((s - centre)^2)))
      shared <- c(shared, list(list(value = (r - 1) / r * (together - single), df = r - 1)))
    }
  }
  if (!paired) rows <- c(rows, list(of_pruned))
  networks <- lapply(rows, function(one) list(value = apply(one, 1, var) / ncol(one), df = ncol(one) - 1))
  if (length(in_both) == 2) {                          # the halves have the compressed networks in common
    both <- sapply(1:n, function(i) cov(in_both[[1]]$left[i, ], in_both[[2]]$left[i, ])) / ncol(pruned)
    doubled <- doubled + 2 * (in_both[[1]]$weights * in_both[[2]]$weights) %*% both
  }
  examples <- c(list(list(value = colSums(psi^2) / n^2 - drop(doubled), df = n - 1)), shared)
  total <- function(parts) Reduce(`+`, lapply(parts, `[[`, "value"))
  squares <- function(parts) Reduce(`+`, lapply(parts, function(s) s$value^2 / s$df))
  is_more <- total(examples) > 0
  se <- sqrt(total(networks) + ifelse(is_more, total(examples), 0))
  effective <- se^4 / (squares(networks) + ifelse(is_more, squares(examples), 0))
  d <- parts[[1]]$design
  own <- scale(dense[, parts[[1]]$dense], scale = FALSE); other <- scale(pruned[, parts[[1]]$pruned], scale = FALSE)
  change <- rowMeans(other) - rowMeans(own)
  variance <- spread(change) - if (paired) mean(apply(other - own, 1, var)) / ncol(own) else
    mean(apply(own, 1, var)) / ncol(own) + mean(apply(other, 1, var)) / ncol(other)
  gain <- sapply(list(2:5, 6, 7, 8), function(of) out_of_fold(d$x[, -of], change) - out_of_fold(d$x, change)) / variance
  stopifnot(all(total(networks) > 0), variance > 0)
  data.frame(case, term = c("difficulty", "tag", "square", "known"), estimate, std_error = se, df = effective,
             p_value = 2 * pt(-abs(estimate) / se, effective), conf_low = estimate - qt(0.975, effective) * se,
             conf_high = estimate + qt(0.975, effective) * se,
             reliability = do.call(pmin, lapply(parts, function(p) p$design$reliability)),
             vif = do.call(pmax, lapply(parts, function(p) p$design$vif)), r2_gain = gain)
}
part <- function(design, dense, pruned) list(design = design, dense = dense, pruned = pruned)
further <- design("further", 1:k); exact <- design("further", 1:k, is_exact = TRUE)
halves <- list(c(1, 3, 5), c(2, 4, 6))
crossed <- lapply(halves, function(networks) design("dense", networks))
crossed_parts <- function(pruned) mapply(part, crossed, rev(halves), pruned, SIMPLIFY = FALSE)
dense <- side("dense"); pruned <- side("pruned"); fewer <- pruned[, 1:5]
out <- rbind(regress("matched", list(part(further, 1:k, 1:k)), dense, pruned, TRUE),
             regress("unmatched", list(part(further, 1:k, 1:5)), dense, fewer, FALSE),
             regress("halves matched", crossed_parts(rev(halves)), dense, pruned, TRUE),
             regress("halves unmatched", crossed_parts(list(1:5, 1:5)), dense, fewer, FALSE),
             regress("exact matched", list(part(exact, 1:k, 1:k)), dense, pruned, TRUE),
             regress("exact unmatched", list(part(exact, 1:k, 1:5)), dense, fewer, FALSE))
for (of in list(list("exact matched", pruned), list("exact unmatched", fewer))) {
  z <- measure("further", 1:k); change <- rowMeans(of[[2]]) - rowMeans(dense)
  scaled <- apply(z, 2, function(x) x / sqrt(spread(x)))
  fit <- coef(lm(change ~ ns(z[, 1], df = 4, knots = quantile(z[, 1], c(0.275, 0.5, 0.725)),
                             Boundary.knots = quantile(z[, 1], c(0.05, 0.95))) + scaled[, 2] + scaled[, 3] + scaled[, 4]))
  stopifnot(abs(fit[6:8] - out$estimate[out$case == of[[1]]][2:4]) < 1e-12)
}
save(out, "changes.csv")

# churn: probabilities of four answers per example; a network is better or worse on all examples; pairs agree more than others
classes <- 4; churn_n <- 150
dense_p <- prop.table(matrix(rexp(churn_n * classes)^3, churn_n), 1)
pruned_p <- prop.table(dense_p^0.7 + 0.1 * matrix(rexp(churn_n * classes), churn_n), 1)
answer <- function(p, u, worse) {
  p <- prop.table(p^worse, 1)
  rowSums(u > t(apply(p, 1, cumsum)))
}
answers <- list(dense = NULL, pruned = NULL)
for (j in 1:k) {
  u <- runif(churn_n); same <- runif(churn_n) < 0.5
  answers$dense <- cbind(answers$dense, answer(dense_p, u, exp(rnorm(1, 0, 0.3))))
  answers$pruned <- cbind(answers$pruned, answer(pruned_p, ifelse(same, u, runif(churn_n)), exp(rnorm(1, 0, 0.5))))
}
table <- do.call(cbind, answers); colnames(table) <- paste0(rep(c("dense", "pruned"), each = k), 1:k)
save_input(table, "changes_churn_input.csv")
churn <- function(a, b) mean(a != b)
# of a table of pairs (u, v, h), both of one sample or not: effects, their variance by noise alone, and that of residuals
hoeffding <- function(u, v, h, size, other = NULL) {
  to_zero <- function(index, k) contr.sum(k)[index, , drop = FALSE]
  x <- if (is.null(other)) to_zero(u, size) + to_zero(v, size) else cbind(to_zero(u, size), to_zero(v, other))
  fit <- lm(h ~ x); found <- coef(fit)[-1]; noise <- vcov(fit)[-1, -1]
  effects <- function(at, k) list(value = drop(contr.sum(k) %*% found[at]),
                                  noise = sum(diag(contr.sum(k) %*% noise[at, at] %*% t(contr.sum(k)))) / (k - 1))
  list(rows = effects(1:(size - 1), size), columns = if (!is.null(other)) effects(size - 1 + 1:(other - 1), other),
       residual = sum(resid(fit)^2) / fit$df.residual)
}
pairs_of <- function(k) do.call(rbind, lapply(1:(k - 1), function(u) cbind(u, (u + 1):k)))
excess_of <- function(a, b, paired, case) {
  ka <- ncol(a); kb <- ncol(b)
  within <- function(s) apply(pairs_of(ncol(s)), 1, function(p) churn(s[, p[1]], s[, p[2]]))
  cross <- subset(expand.grid(u = 1:ka, v = 1:kb), !paired | u != v)
  between <- mapply(function(u, v) churn(a[, u], b[, v]), cross$u, cross$v)
  found <- list(again = mean(within(a)), replaced = mean(between), compressed = mean(within(b)))
  found$estimate <- found$replaced - (found$again + found$compressed) / 2
  found$less_agreement <- (found$compressed - found$again) / 2
  found$more <- found$replaced - found$again
  for (name in c("estimate", "more")) {
    of_b <- if (name == "estimate") 0.5 else 0; of_a <- 1 - of_b
    if (paired) {
      p <- pairs_of(ka)
      h <- mapply(function(u, v) (churn(a[, u], b[, v]) + churn(a[, v], b[, u])) / 2, p[, 1], p[, 2])
      h <- h - of_a * within(a) - of_b * within(b)
      of <- hoeffding(p[, 1], p[, 2], h, ka)
      linear <- 4 / ka * (var(of$rows$value) - of$rows$noise)
      rest <- of$residual / nrow(p)
    } else {
      d <- hoeffding(pairs_of(ka)[, 1], pairs_of(ka)[, 2], within(a), ka)
      p <- hoeffding(pairs_of(kb)[, 1], pairs_of(kb)[, 2], within(b), kb)
      both <- hoeffding(cross$u, cross$v, between, ka, kb)
      # the mean over pairs of one sample has each effect with 2 / K
      linear <- (var(both$rows$value - 2 * of_a * d$rows$value) - both$rows$noise - (2 * of_a)^2 * d$rows$noise) / ka +
        (var(both$columns$value - 2 * of_b * p$rows$value) - both$columns$noise - (2 * of_b)^2 * p$rows$noise) / kb
      rest <- both$residual / nrow(cross) + of_a^2 * d$residual / choose(ka, 2) + of_b^2 * p$residual / choose(kb, 2)
    }
    found[[if (name == "more") "more_std_error" else "std_error"]] <- sqrt(max(linear, 0) + rest)
    if (name == "estimate") found$linear_share <- max(linear, 0) / (max(linear, 0) + rest)
  }
  df <- min(ka, kb) - 1
  found$p_value <- 2 * pt(-abs(found$estimate) / found$std_error, df)
  found$conf_low <- found$estimate - qt(0.975, df) * found$std_error
  found$more_conf_high <- found$more + qt(0.975, df) * found$more_std_error
  add(case, found)
}
excess_of(answers$dense, answers$pruned, TRUE, "churn matched")
excess_of(answers$dense, answers$pruned, FALSE, "churn unmatched")
excess_of(answers$dense, answers$pruned[, 1:4], FALSE, "churn unequal")

# turned answers: five matched pairs, then twenty and twenty networks, 30 examples each
turned <- data.frame(level = rnorm(60, 1, 1.2), sd = 0.7 * exp(rnorm(60, 0, 0.3)), pairs = rep(c(5, 20), each = 30))
turned$level_error <- turned$sd * sqrt(ifelse(turned$pairs == 5, 0.8, 0.5) / turned$pairs)
turned$trend <- -0.3 + 0.2 * sin(turned$level)
turned <- signif(turned, 6)
error <- turned$sd * sqrt(ifelse(turned$pairs == 5, 0.8, 2) / turned$pairs)
prior_sds <- c(0, 0.1 * sqrt(2)^(0:9)); prior <- c(0.6, rep(0.04, 10))
estimate <- sapply(error, function(e) rnorm(1, 0, sqrt(sample(prior_sds, 1, prob = prior)^2 + e^2)))
share <- outer(prior_sds^2, error^2, function(s, e) s / (s + e))
weights <- prior * matrix(dnorm(rep(estimate, each = 11), 0, sqrt(outer(prior_sds^2, error^2, `+`))), 11)
posterior <- signif(data.frame(example = rep(1:60, each = 11), weight = c(prop.table(weights, 2)),
                               mean = c(share * rep(estimate, each = 11)), sd = c(sqrt(share) * rep(error, each = 11))), 6)
save_input(posterior, "changes_posterior_input.csv")
save_input(turned[c("level", "level_error", "trend", "sd")], "changes_turned_input.csv")
half_width <- function(fall, delta) {                # where an error rate changes by more than delta, in sds
  low <- 0 * fall; high <- fall + 10
  for (step in 1:60) {
    u <- (low + high) / 2; more <- pnorm(fall / 2 - u) - pnorm(-fall / 2 - u) > delta
    low[more] <- u[more]; high[!more] <- u[!more]
  }
  low
}
# probability that the change has this sign, is larger than least, and the level is nearer to 0 than width(change)
share_of <- function(t, p, sign, least, width) {
  inside <- function(size) { w <- width(size); pnorm(w, t$level, t$level_error) - pnorm(-w, t$level, t$level_error) }
  sum(p$weight * mapply(function(mean, sd) {
    mean <- sign * (t$trend + mean)
    if (sd == 0) return(if (mean > least) inside(mean) else 0)
    ends <- sqrt(pmax(mean + c(-9, 9) * sd - least, 0))    # size = least + v², as width may begin like a square root
    if (ends[2] == 0) return(0)
    f <- function(v) 2 * v * dnorm(least + v^2, mean, sd) * inside(least + v^2)
    cuts <- seq(ends[1], ends[2], length.out = 5)
    sum(sapply(1:4, function(i) integrate(f, cuts[i], cuts[i + 1], rel.tol = 1e-9, abs.tol = 1e-12)$value))
  }, p$mean, p$sd))
}
found <- do.call(rbind, lapply(1:60, function(i) {
  t <- turned[i, ]; p <- posterior[posterior$example == i, ]
  rate <- function(sign) sum(p$weight * mapply(function(mean, sd) {
    wrong <- function(change) pnorm(-(t$level + sign * change / 2) / sqrt(t$sd^2 + t$level_error^2))
    if (sd == 0) wrong(t$trend) else integrate(function(z) dnorm(z) * wrong(t$trend + mean + sd * z), -9, 9, rel.tol = 1e-10)$value
  }, p$mean, p$sd))
  half <- function(size) size / 2
  least <- 2 * qnorm((1 + 0.1) / 2) * t$sd
  wide <- function(size) half_width(size / t$sd, 0.1) * t$sd
  data.frame(p_lost = share_of(t, p, -1, 0, half), p_gained = share_of(t, p, 1, 0, half), rises = share_of(t, p, -1, least, wide),
             falls = share_of(t, p, 1, least, wide), before = rate(-1), after = rate(1))
}))
save(found, "changes_turned.csv")

# sets of examples that were hit, within tenths of difficulty
hits_n <- 400
hard <- round(rnorm(hits_n), 1)                      # with ties
p <- plogis(-2 + hard)
a <- runif(hits_n) < p; b <- ifelse(runif(hits_n) < 0.5, a, runif(hits_n) < p); c <- runif(hits_n) < p; few <- runif(hits_n) < 0.03
hits <- data.frame(difficulty = hard, a, b, c, few, p1 = round(plogis(-2 + hard + 2 * a), 3),
                   p2 = round(plogis(-2 + hard + 2 * b), 3), p3 = round(p, 3))
hits[1:5] <- lapply(hits[1:5], as.numeric)
save_input(hits, "changes_hits_input.csv")
stratum <- (rank(hard, ties.method = "first") * 10) %/% (hits_n + 1)
for (name in c("b", "c", "few")) {
  other <- hits[[name]] == 1
  density <- 1; mean <- variance <- 0
  for (s in 0:9) {
    at <- stratum == s; x <- 0:sum(at)
    d <- dhyper(x, sum(a[at]), sum(!a[at]), sum(other[at]))
    mean <- mean + sum(x * d); variance <- variance + sum(x^2 * d) - sum(x * d)^2
    density <- convolve(density, rev(d), type = "open")
  }
  both <- sum(a & other)
  test <- mantelhaen.test(table(factor(a, c(TRUE, FALSE)), factor(other, c(TRUE, FALSE)), stratum), alternative = "greater")
  stopifnot(abs((abs(both - mean) - if (abs(both - mean) >= 0.5) 0.5 else 0)^2 / variance - test$statistic) < 1e-9)
  # of a smaller number than 1/2 more it corrects nothing, or towards the expected one: at least so many is what is asked
  p_value <- if (both >= mean + 0.5) test$p.value else pnorm((both - 0.5 - mean) / sqrt(variance), lower.tail = FALSE)
  found <- list(n_both = both, expected = mean, variance = variance, p_value = p_value, p_exact = sum(density[-(1:both)]))
  add(paste("overlap", name), found)
}
for (i in 1:8) {
  chosen <- rev(as.integer(intToBits(8 - i))[1:3]) == 1    # all, then those without the third, …, none
  n_group <- expected <- 0
  for (e in 1:hits_n) {
    own <- unlist(hits[e, c("p1", "p2", "p3")]); like <- colMeans(hits[stratum == stratum[e], c("p1", "p2", "p3")])
    n_group <- n_group + prod(ifelse(chosen, own, 1 - own)); expected <- expected + prod(ifelse(chosen, like, 1 - like))
  }
  add(paste("group", paste(which(chosen) - 1, collapse = "")), list(n = n_group, expected = expected))
}
save(values, "changes_values.csv")

holm <- data.frame(dataset = rep(c("one", "two", "three"), c(9, 4, 2)), is_meant = !(1:15 %in% c(3, 12, 15)),
                   p_value = c(0.01, 0.04, 1e-9, 0.03, 0.04, NA, 0.2, 1e-300, 0.9, 0.02, 0.5, 0.001, NA, 0, 0.01), p_holm = NA)
for (name in unique(holm$dataset)) {
  at <- holm$dataset == name & holm$is_meant & !is.na(holm$p_value)
  holm$p_holm[at] <- p.adjust(holm$p_value[at], "holm")
}
write.csv(format(holm, digits = 17, trim = TRUE), "changes_holm.csv", row.names = FALSE, quote = FALSE, na = "")
