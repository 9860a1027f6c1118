# Reference values for changes of single examples' log odds: 6 dense and 6 pruned networks on 300 examples, matched, unmatched, and unmatched 6 and 5.
# Huber's lines: at a given scale the convex problem by Newton's method; the scale that median |residual| agrees with by uniroot. Trend:
# splines::ns, Huber's fit likewise, then Tukey's biweight at its scale by BFGS and Newton. Tests: limma's lmFit, eBayes, treat and
# squeezeVar; p.adjust. False sign rates: the penalised likelihood of the mixture by nlminb with its Hessian, not EM. Writes
# log_odds_input.csv, log_odds.csv (a row per case and example), log_odds_lines.csv (per network), log_odds_values.csv.
#   Rscript log_odds.R
suppressMessages(library(limma))
library(splines)
save <- function(table, name) write.csv(format(table, digits = 17, trim = TRUE), name, row.names = FALSE, quote = FALSE)

set.seed(45)
n <- 300; k <- 6
easy <- rnorm(n, 2, 2)
noise <- 0.25 * exp(rnorm(n, 0, 0.4))                # of each example
hit <- numeric(n); hit[sample(n, 15)] <- rep(c(-2, 2), c(12, 3))
of_pair <- matrix(rnorm(n * k), n)
draw <- function(truth) sapply(1:k, function(j) {
  rnorm(1, 0, 0.3) + exp(rnorm(1, 0, 0.15)) * (truth + noise * (0.7 * of_pair[, j] + sqrt(0.51) * rnorm(n)))
})
sides <- list(dense = draw(easy), pruned = draw(easy - 0.3 + 0.3 * sin(easy) - 0.05 * easy + hit))
input <- as.data.frame(do.call(cbind, sides))
names(input) <- paste0(rep(names(sides), each = k), 1:k)
save(input, "log_odds_input.csv")

mad0 <- function(r) median(abs(r)) / qnorm(0.75)
huber_at <- function(x, y, scale, bend = 1.345 * scale) {
  loss <- function(b) { r <- abs(y - x %*% b); sum(ifelse(r <= bend, r^2 / 2, bend * (r - bend / 2))) }
  b <- qr.solve(x, y)
  for (step in 1:200) {
    r <- drop(y - x %*% b); inner <- abs(r) <= bend
    move <- solve(crossprod(x[inner, ]), crossprod(x, pmax(pmin(r, bend), -bend)))
    size <- 1
    while (size > 1e-4 && loss(b + size * move) > loss(b) * (1 + 1e-15)) size <- size / 2
    b <- b + size * move
    if (max(abs(move)) < 1e-14) break
  }
  drop(b)
}
huber <- function(x, y) {
  start <- mad0(lm.fit(x, y)$residuals)
  scale <- uniroot(function(s) mad0(y - x %*% huber_at(x, y, s)) - s, start * c(0.1, 10), tol = 1e-15)$root
  b <- huber_at(x, y, scale)
  r <- drop(y - x %*% b)
  stopifnot(max(abs(crossprod(x, pmax(pmin(r / scale, 1.345), -1.345)))) < 1e-12 * n, abs(mad0(r) / scale - 1) < 1e-12)
  list(b = b, scale = scale)
}
biweight <- function(x, y, cut = 4.685) {
  from <- huber(x, y)
  u <- function(b) drop(y - x %*% b) / from$scale / cut
  loss <- function(b) sum(1 - pmax(1 - u(b)^2, 0)^3)
  pull <- function(b) drop(crossprod(x, u(b) * pmax(1 - u(b)^2, 0)^2)) * from$scale * cut
  b <- optim(from$b, loss, function(b) -6 / (from$scale * cut)^2 * pull(b), method = "BFGS", control = list(reltol = 1e-12))$par
  for (step in 1:20) b <- b + solve(crossprod(x, x * (pmax(1 - u(b)^2, 0) * (1 - 5 * u(b)^2))), pull(b))
  stopifnot(max(abs(pull(b))) < 1e-12 * n)
  drop(x %*% b)
}

# posterior under a mixture of normals about 0: sum of log likelihoods + 10 log (weight of 0), for weights that need not add up to 1
false_signs <- function(estimate, error, df) {
  t <- pmax(abs(estimate / error), 1e-3)
  error <- error * t / qnorm(pt(t, df, lower.tail = FALSE, log.p = TRUE), lower.tail = FALSE, log.p = TRUE)
  low <- min(error) / 10
  high <- 2 * sqrt(max(estimate^2 - error^2, (4 * low)^2))
  sds <- c(0, high / sqrt(2)^(ceiling(2 * log2(high / low)):0))
  density <- sapply(sds, function(s) dnorm(estimate, 0, sqrt(s^2 + error^2)))
  mix <- function(w) drop(density %*% w)
  slope <- function(w) n + 10 - drop(crossprod(density, 1 / mix(w))) - 10 * c(1, 0 * sds[-1]) / w[1]
  hessian <- function(w) crossprod(density / mix(w)) + diag(10 * c(1, 0 * sds[-1]) / w[1]^2)
  fit <- nlminb(rep(1 / length(sds), length(sds)), function(w) (n + 10) * sum(w) - sum(log(mix(w))) - 10 * log(w[1]), slope, hessian,
                lower = c(1e-9, 0 * sds[-1]), control = list(rel.tol = 1e-15, x.tol = 1e-14, iter.max = 10000, eval.max = 10000))
  w <- fit$par
  stopifnot(min(slope(w)) > -1e-5, max(abs(w * slope(w))) < 1e-5, abs(sum(w) - 1) < 1e-8)  # Karush-Kuhn-Tucker
  posterior <- t(t(density) * w) / mix(w)
  share <- outer(error^2, sds^2, function(e, s) s / (s + e))
  below <- rowSums((posterior * pnorm(-share * estimate / (sqrt(share) * error)))[, -1])
  list(rate = pmin(posterior[, 1] + below, 1 - below), mean = rowSums(posterior * share) * estimate, at_zero = w[1])
}

lines <- values <- out <- NULL
for (case in c("matched", "unmatched", "of other sizes")) {
  used <- if (case != "of other sizes") sides else list(dense = sides$dense, pruned = sides$pruned[, 1:5])
  profile <- (rowMeans(used$dense) + rowMeans(used$pruned)) / 2
  fits <- lapply(used, function(side) apply(side, 2, function(y) unlist(huber(cbind(1, profile), y))))
  for (name in names(fits)) lines <- rbind(lines, data.frame(case, population = name, intercept = fits[[name]][1, ],
                                                             slope = fits[[name]][2, ], scale = fits[[name]][3, ]))
  level <- mapply(function(side, fit) t((t(side) - fit[1, ]) / fit[2, ]), used, fits, SIMPLIFY = FALSE)
  change <- rowMeans(level$pruned) - rowMeans(level$dense)
  knots <- quantile(profile, c(0.05, 0.275, 0.5, 0.725, 0.95))
  trend <- biweight(cbind(1, ns(profile, knots = knots[2:4], Boundary.knots = knots[c(1, 5)])), change)
  if (case == "matched") fit <- lmFit(level$pruned - level$dense) else
    fit <- lmFit(do.call(cbind, level), cbind(1, rep(0:1, sapply(level, ncol))), weights = if (case == "of other sizes")
      rep(sapply(level, function(side) 1 / mean(apply(side, 1, var))), sapply(level, ncol)))
  of <- ncol(fit$coefficients)                         # the change
  fit$coefficients[, of] <- fit$coefficients[, of] - trend
  fit$Amean <- profile
  plain <- eBayes(fit); along <- eBayes(fit, trend = TRUE)
  beyond <- plain$coefficients[, of]; unscaled <- fit$stdev.unscaled[1, of]^2
  signs <- false_signs(beyond, fit$stdev.unscaled[, of] * sqrt(plain$s2.post), plain$df.total)
  tests <- lapply(c(0.1, 0.5), function(lfc) treat(fit, lfc = lfc)$p.value[, of])
  out <- rbind(out, data.frame(
    case, trend, beyond, variance = plain$s2.post * unscaled, p = plain$p.value[, of], p_bh = p.adjust(plain$p.value[, of], "BH"),
    p_0.1 = tests[[1]], p_0.5 = tests[[2]], prior_along = along$s2.prior * unscaled, variance_along = along$s2.post * unscaled,
    p_along = along$p.value[, of], false_sign_rate = signs$rate, shrunk = signs$mean))
  values <- rbind(values, data.frame(case, name = c("df_prior", "s2_prior", "df_total", "df_prior_along", "df_total_along", "at_zero"),
                                     value = c(plain$df.prior, plain$s2.prior * unscaled, plain$df.total[1], along$df.prior, along$df.total[1],
                                               signs$at_zero)))
}
stopifnot(is.finite(values$value))

# priors of variances that differ by no more than chance, with df = Inf, and of some that are 0; 40 each, in this order along 1:40
for (case in c("alike", "zeros")) {
  variance <- seq(0.9, 1.1, length.out = 40) * if (case == "alike") 1 else c(0, 1, 1, 4)
  plain <- suppressWarnings(squeezeVar(variance, 5)); along <- suppressWarnings(squeezeVar(variance, 5, covariate = 1:40))
  stopifnot((case == "alike") == is.infinite(c(plain$df.prior, along$df.prior)))
  values <- rbind(values, data.frame(case, name = c("s2_prior", "s2_first_along", "s2_last_along", "post_first", "post_last"), value = c(
    plain$var.prior, along$var.prior[c(1, 40)], plain$var.post[c(1, 40)])))
}
save(lines, "log_odds_lines.csv"); save(values, "log_odds_values.csv"); save(out, "log_odds.csv")
