# Reference values for characterization. The primary model: survival's exact conditional logistic regression of "right" with a stratum per
# example, and the noncentral hypergeometric likelihood in R's own sums, maximized by Newton's method with numerical derivatives. PIE
# regression: glm and its likelihood-ratio tests; brglm2 and profiles of the penalized likelihood where the data are separated. Writes
# *_right_input.csv (a row per network) with *_properties_input.csv, *_examples_input.csv (a row per example) and characterization.csv (a
# value a row).
#   Rscript characterization.R      (r-recommended, r-cran-brglm2)
suppressPackageStartupMessages({library(survival); library(brglm2)})
set.seed(11)
out <- NULL
add <- function(case, term, values) for (name in names(values))
  out <<- rbind(out, data.frame(case = case, term = term, name = name, value = values[[name]]))
scaled <- function(x) (x - mean(x)) / sqrt(mean((x - mean(x))^2))

# the primary model: 5 dense and 6 compressed networks, 80 examples
n <- 80; kd <- 5; kc <- 6
x <- data.frame(a = round(rnorm(n), 4), b = round(rexp(n), 4))
ease <- rnorm(n, 0.5, 1.5)
draw <- function(k, shift) t(sapply(1:k, function(i) as.integer(ease + shift + rlogis(n) > 0)))
dense <- draw(kd, 0); compressed <- draw(kc, -0.5 - 0.6 * x$a)
write.csv(data.frame(population = rep(c("dense", "compressed"), c(kd, kc)), rbind(dense, compressed)), "characterization_right_input.csv", row.names = FALSE)
write.csv(x, "characterization_properties_input.csv", row.names = FALSE)
z <- data.frame(a = scaled(x$a), b = scaled(x$b))
long <- data.frame(right = c(t(rbind(dense, compressed))), C = rep(c(0, 1), c(kd, kc) * n), example = rep(1:n, kd + kc))
long$a <- long$C * z$a[long$example]; long$b <- long$C * z$b[long$example]
fit <- clogit(right ~ C + a + b + strata(example), long, method = "exact", control = coxph.control(eps = 1e-14, iter.max = 50, toler.chol = 1e-15))
y <- colSums(compressed); t <- y + colSums(dense)
log_likelihood <- function(beta) {
  eta <- beta[1] + beta[2] * z$a + beta[3] * z$b
  sum(sapply(which(t > 0 & t < kd + kc), function(i) {
    support <- max(0, t[i] - kd):min(kc, t[i])
    log(choose(kc, y[i]) * choose(kd, t[i] - y[i]) * exp(y[i] * eta[i])) - log(sum(choose(kc, support) * choose(kd, t[i] - support) * exp(support * eta[i])))
  }))
}
own <- optim(c(0, 0, 0), function(b) -log_likelihood(b), method = "BFGS", control = list(reltol = 1e-15, maxit = 500))
stopifnot(max(abs(own$par - coef(fit))) < 1e-5)
for (j in 1:3) add("conditional", c("(compression)", "a", "b")[j], c(estimate = coef(fit)[[j]], std_error_information = sqrt(vcov(fit)[j, j])))
add("conditional", "all", c(log_likelihood = log_likelihood(coef(fit)), n = sum(t > 0 & t < kd + kc)))
spread <- mean(y * (kc - y)) / (kc * (kc - 1))
for (j in 1:3) add("conditional", c("(compression)", "a", "b")[j], c(marginal_effect = coef(fit)[[j]] * spread))

# what examples add to the covariance over networks: squared influences less their jackknife variance over networks
design <- cbind(1, z$a, z$b); eta <- drop(design %*% coef(fit))
residual <- function(d, c) sapply(1:ncol(d), function(i) {
  right <- sum(d[, i]) + sum(c[, i]); support <- 0:min(nrow(c), right); support <- support[right - support <= nrow(d)]
  weight <- choose(nrow(c), support) * choose(nrow(d), right - support) * exp(support * eta[i])
  sum(c[, i]) - sum(support * weight) / sum(weight)
})
influence <- function(d, c) residual(d, c) * design %*% vcov(fit)
jackknife <- function(without) { k <- length(without); middle <- Reduce(`+`, without) / k
  Reduce(`+`, lapply(without, function(one) crossprod(one - middle))) * k / (k - 1) }
beyond <- crossprod(influence(dense, compressed)) - jackknife(lapply(1:kd, function(k) influence(dense[-k, ], compressed))) -
  jackknife(lapply(1:kc, function(k) influence(dense, compressed[-k, ])))
positive <- eigen(beyond); positive <- positive$vectors %*% (pmax(positive$values, 0) * t(positive$vectors))
for (j in 1:3) add("conditional", c("(compression)", "a", "b")[j], c(variance_beyond_networks = positive[j, j]))

# PIE regression: 240 examples of 4 classes
n <- 240
examples <- data.frame(a = round(rnorm(n), 4), b = round(rexp(n), 4), class = sample(0:3, n, TRUE))
examples$c <- round(0.9 * examples$a + 0.3 * rnorm(n), 4)
examples$rare <- as.integer(runif(n) < 0.06)
examples$pie <- as.integer(runif(n) < plogis(-1.5 + 0.8 * examples$a - 0.4 * examples$b + 0.3 * examples$class))
examples$pie[examples$rare == 1] <- 1
write.csv(examples, "characterization_examples_input.csv", row.names = FALSE)
s <- transform(examples, a = scaled(a), b = scaled(b), c = scaled(c), rare = scaled(rare))
regression <- function(case, terms) {
  full <- glm(reformulate(c(terms, "1"), "pie"), binomial, s, control = list(epsilon = 1e-14, maxit = 100))
  for (term in terms) {
    reduced <- update(full, reformulate(c(setdiff(terms, term), "1"), "pie"))
    lr <- deviance(reduced) - deviance(full); b <- coef(full)[[term]]; se <- sqrt(vcov(full)[term, term])
    add(case, term, c(estimate = b, std_error = se, statistic = lr, p_value = pchisq(lr, 1, lower.tail = FALSE), conf_low = b - qnorm(0.975) * se,
                      conf_high = b + qnorm(0.975) * se, marginal_effect = b * mean(fitted(full) * (1 - fitted(full)))))
  }
}
terms <- c("a", "b", "c")
regression("joint", terms)
for (term in terms) regression("alone", term)
for (case in c("joint", "alone")) {
  rows <- out$case == case & out$name == "p_value"
  for (i in which(rows)) add(case, out$term[i], c(p_adjusted = p.adjust(out$value[rows], "BH")[which(which(rows) == i)]))
}
for (term in terms) add("joint", term, c(vif = 1 / (1 - summary(lm(reformulate(setdiff(terms, term), term), s))$r.squared)))

# the same with a property that separates: Firth
X <- cbind(1, s$a, s$rare)
firth <- glm(pie ~ a + rare, binomial, s, method = "brglmFit", type = "MPL_Jeffreys", control = list(epsilon = 1e-12, maxit = 1000))
penalized <- function(beta) { p <- plogis(drop(X %*% beta)); sum(dbinom(s$pie, 1, p, log = TRUE)) + determinant(crossprod(X * (p * (1 - p)), X))$modulus[1] / 2 }
constrained <- function(j, value) {
  beta <- coef(firth); beta[j] <- value; free <- setdiff(1:3, j)
  found <- list(par = beta[free])
  for (again in 1:3) found <- optim(found$par, function(b) { full <- beta; full[free] <- b; -penalized(full) }, method = "BFGS", control = list(reltol = 1e-15, maxit = 1000, ndeps = c(1e-5, 1e-5)))
  -found$value
}
best <- penalized(coef(firth)); p <- plogis(drop(X %*% coef(firth)))
for (j in 2:3) {
  lr <- 2 * (best - constrained(j, 0)); b <- coef(firth)[[j]]
  bound <- function(side) uniroot(function(v) 2 * (best - constrained(j, v)) - qchisq(0.95, 1), sort(c(b, b + side * 8)), tol = 1e-10)$root
  add("separated", c("", "a", "rare")[j], c(estimate = b, std_error = sqrt(solve(crossprod(X * (p * (1 - p)), X))[j, j]), statistic = lr,
      p_value = pchisq(lr, 1, lower.tail = FALSE), conf_low = bound(-1), conf_high = bound(1), marginal_effect = b * mean(p * (1 - p))))
}

write.csv(format(out, digits = 17, trim = TRUE), "characterization.csv", row.names = FALSE, quote = FALSE)
