# Reference values for subgroups: rates of 6 dense and 6 pruned networks in 4 groups of different size, with R's t.test, p.adjust and an
# enumeration of all relabellings; and the composition of PIEs by 3 groups. Writes subgroups_input.csv and subgroups.csv (a value a row).
#   Rscript subgroups.R
set.seed(6)
k <- 6; g <- 4; n <- c(40, 250, 100, 610)
dense <- matrix(round(rbeta(k * g, 40, 8), 3), k)
pruned <- pmax(pmin(dense - 0.02 + matrix(round(rnorm(k * g, 0, 0.02), 3), k), 1), 0)
pruned[, 3] <- pruned[, 3] - 0.06
input <- rbind(data.frame(population = "dense", dense), data.frame(population = "pruned", pruned))
names(input)[2:(g + 1)] <- paste0("group", 1:g - 1)
write.csv(input, "subgroups_input.csv", row.names = FALSE)

out <- NULL
add <- function(case, index, name, value) out <<- rbind(out, data.frame(case = case, index = index, name = name, value = value))
shift <- function(r) r - drop(r %*% n) / sum(n)
tests <- function(case, prefix, d, c, paired) {
  p <- sapply(1:g, function(j) t.test(c[, j], d[, j], paired = paired)$p.value)
  for (j in 1:g) {
    t <- t.test(c[, j], d[, j], paired = paired)
    values <- c(estimate = mean(c[, j]) - mean(d[, j]), std_error = t$stderr, statistic = unname(t$statistic), df = unname(t$parameter),
                p_value = t$p.value, p_adjusted = p.adjust(p, "holm")[j], conf_low = t$conf.int[1], conf_high = t$conf.int[2])
    for (name in names(values)) add(case, j - 1, paste0(prefix, name), values[[name]])
  }
}
for (paired in c(TRUE, FALSE)) {
  case <- if (paired) "paired" else "unpaired"
  tests(case, "", dense, pruned, paired)
  tests(case, "shifted_", shift(dense), shift(pruned), paired)
  for (j in 1:g) add(case, j - 1, "relative_change", mean(pruned[, j]) / mean(dense[, j]) - 1)
}

# gaps; unpaired with five pruned networks, so that the null is not symmetric
gaps <- function(case, all, relabellings, first) {
  found <- sapply(relabellings, function(members) {
    d <- colMeans(all[members, ]); c <- colMeans(all[-members, ])
    c(gap_of_changes = diff(range(c - d)), change_of_gap = diff(range(c)) - diff(range(d)))
  })
  for (name in rownames(found)) {
    null <- found[name, ]; observed <- null[first]; centre <- if (name == "gap_of_changes") 0 else mean(null)
    values <- c(estimate = observed, null_mean = mean(null), null_sd = sqrt(mean((null - mean(null))^2)),
                p_value = mean(abs(null - centre) >= abs(observed - centre) - 1e-12))
    for (what in c("estimate", "null_mean", "null_sd", "p_value")) add(case, 0, paste0(name, "_", what), values[[match(what, c("estimate", "null_mean", "null_sd", "p_value"))]])
  }
}
swaps <- lapply(0:(2^k - 1), function(b) 1:k + k * bitwAnd(bitwShiftR(b, 1:k - 1), 1))
gaps("gaps-paired", rbind(dense, pruned), swaps, 1)
gaps("gaps-unpaired", rbind(dense, pruned[1:5, ]), combn(2 * k - 1, k, simplify = FALSE), 1)

# composition: PIEs and others by group
pies <- c(12, 3, 30); others <- c(200, 300, 455)
wilson <- function(x, n) prop.test(x, n, correct = FALSE)$conf.int
p <- sapply(1:3, function(j) fisher.test(rbind(c(pies[j], sum(pies) - pies[j]), c(others[j], sum(others) - others[j])))$p.value)
for (j in 1:3) {
  a <- wilson(pies[j], sum(pies)); b <- wilson(others[j], sum(others)); pa <- pies[j] / sum(pies); pb <- others[j] / sum(others)
  inside <- pies[j] + others[j]; outside <- sum(pies + others) - inside; away <- sum(pies) - pies[j]
  ratio <- pies[j] / inside / (away / outside); se <- sqrt(1 / pies[j] - 1 / inside + 1 / away - 1 / outside)
  values <- c(share_pies = pa, share_pies_low = a[1], share_pies_high = a[2], share_others = pb, share_others_low = b[1], share_others_high = b[2],
              risk_ratio = ratio, risk_ratio_low = ratio * exp(-qnorm(0.975) * se), risk_ratio_high = ratio * exp(qnorm(0.975) * se),
              estimate = pa - pb, p_value = p[j], p_adjusted = p.adjust(p, "holm")[j],
              conf_low = pa - pb - sqrt((pa - a[1])^2 + (b[2] - pb)^2), conf_high = pa - pb + sqrt((a[2] - pa)^2 + (pb - b[1])^2))
  for (name in names(values)) add("composition", j - 1, name, values[[name]])
}
write.csv(format(out, digits = 17, trim = TRUE), "subgroups.csv", row.names = FALSE, quote = FALSE)
