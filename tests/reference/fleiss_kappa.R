# Reference values for Fleiss' kappa, written out from Fleiss (1971); rows are examples, columns networks.
# Writes fleiss_kappa_input.csv and fleiss_kappa.csv.   Rscript fleiss_kappa.R
set.seed(3)
labels <- t(sapply(1:40, function(i) { own <- sample(0:3, 1); ifelse(runif(6) < 0.7, own, sample(0:3, 6, TRUE)) }))
write.csv(as.data.frame(labels), "fleiss_kappa_input.csv", row.names = FALSE)
votes <- t(apply(labels, 1, function(row) table(factor(row, 0:3))))
k <- ncol(labels)
agreement <- mean((rowSums(votes^2) - k) / (k * (k - 1)))
chance <- sum((colSums(votes) / sum(votes))^2)
write.csv(format(data.frame(kappa = (agreement - chance) / (1 - chance)), digits = 17), "fleiss_kappa.csv", row.names = FALSE, quote = FALSE)
