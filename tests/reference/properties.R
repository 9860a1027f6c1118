# Reference values for properties of examples, written out from the definitions. Three dense networks: logits of 4 classes, features of 3
# units of evaluation and training examples, labels of 4 layers' probes and of 5 epochs. Writes properties_{logits,features,steps}_input.csv
# and properties.csv (property, network or "all", a column per example).   Rscript properties.R
set.seed(11)
n <- 8; m <- 40; k <- 3; classes <- 4; width <- 3
label <- c(0, 1, 2, 3, 0, 1, 2, -1)                     # the last has none
logits <- lapply(1:k, function(j) { z <- matrix(rnorm(n * classes, 0, 2), n); z[cbind(1:7, label[1:7] + 1)] <- z[cbind(1:7, label[1:7] + 1)] + 2; round(z, 3) })
train_label <- rep(0:3, length.out = m); train_label[m] <- -1
centre <- matrix(rnorm(classes * width, 0, 2), classes)
train <- lapply(1:k, function(j) { x <- j * (centre[pmax(train_label, 0) + 1, ] + matrix(rnorm(m * width), m)); round(x[, 1:width], 3) })
features <- lapply(1:k, function(j) round(j * (centre[pmax(label, 0) + 1, ] + matrix(rnorm(n * width, 0, 2), n)), 3))
layers <- lapply(1:k, function(j) matrix(ifelse(runif(4 * n) < 0.7, rep(pmax(label, 0), each = 4), sample(0:3, 4 * n, TRUE)), 4))
epochs <- lapply(1:k, function(j) matrix(ifelse(runif(5 * n) < 0.5, rep(pmax(label, 0), each = 5), sample(0:3, 5 * n, TRUE)), 5))
epochs[[2]][, 5] <- 3                                   # network 2 never learns example 5
el2n <- lapply(1:k, function(j) matrix(round(runif(5 * n, 0, sqrt(2)), 3), 5))
predicted <- t(sapply(logits, function(z) max.col(z, "first") - 1))
rows <- function(list, f) do.call(rbind, lapply(seq_along(list), f))
write.csv(rows(logits, function(j) data.frame(network = j, label = label, logits[[j]])), "properties_logits_input.csv", row.names = FALSE)
write.csv(rbind(rows(features, function(j) data.frame(network = j, role = "evaluated", label = label, features[[j]])),
                rows(train, function(j) data.frame(network = j, role = "training", label = train_label, train[[j]]))),
          "properties_features_input.csv", row.names = FALSE)
steps <- function(kind, list) rows(list, function(j) data.frame(kind = kind, network = j, list[[j]]))
write.csv(rbind(steps("layer", layers), steps("epoch", epochs), steps("el2n", el2n)), "properties_steps_input.csv", row.names = FALSE)

out <- NULL
add <- function(property, values) { rownames(values) <- NULL; out <<- rbind(out, data.frame(property = property, network = c(1:nrow(values), "all"), rbind(values, colMeans(values)))) }
add_one <- function(property, values) out <<- rbind(out, data.frame(property = property, network = "all", t(unname(values))))
each <- function(f) t(sapply(1:k, f))
labelled <- function(values) ifelse(label < 0, NA, values)

p <- lapply(logits, function(z) exp(z) / rowSums(exp(z)))
of_label <- function(q) sapply(1:n, function(i) if (label[i] < 0) NA else q[i, label[i] + 1])
other <- function(q) sapply(1:n, function(i) if (label[i] < 0) NA else max(q[i, -(label[i] + 1)]))
add("loss", each(function(j) -log(of_label(p[[j]]))))
add("margin", each(function(j) of_label(p[[j]]) - other(p[[j]])))
add("el2n", each(function(j) sapply(1:n, function(i) if (label[i] < 0) NA else sqrt(sum((p[[j]][i, ] - (0:3 == label[i]))^2)))))
mean_p <- Reduce(`+`, p) / k
add_one("entropy", -rowSums(mean_p * log(mean_p)))
add_one("agreement", apply(predicted, 2, function(v) max(table(v))) / k)
add_one("label_noise", 1 - (of_label(mean_p) - other(mean_p) + 1) / 2)

# Ledoit and Wolf (2004), section 3.2: means m, d², b² in the norm ||A||² = tr(AA') / width; x less its class's mean
add("atypicality", each(function(j) {
  x <- train[[j]][train_label >= 0, ]; y <- train_label[train_label >= 0]; N <- nrow(x)
  means <- apply(x, 2, function(column) tapply(column, y, mean))
  x <- x - means[y + 1, ]
  S <- crossprod(x) / N
  size <- function(A) sum(A^2) / width
  mu <- sum(diag(S)) / width; d2 <- size(S - mu * diag(width))
  b2 <- min(sum(apply(x, 1, function(row) size(tcrossprod(row) - S))) / N^2, d2)
  sigma <- b2 / d2 * mu * diag(width) + (1 - b2 / d2) * S
  apply(features[[j]], 1, function(f) min(apply(means, 1, function(centre)
    (mahalanobis(f, centre, sigma) + log(det(sigma)) + width * log(2 * pi)) / 2)))
}))
apart <- function(from, to) apply(to, 1, function(t) sqrt(colSums((t(from) - t)^2)))          # rows of from × rows of to
add("atypicality_knn", each(function(j) {
  spread <- sqrt(mean(rowSums(scale(train[[j]], scale = FALSE)^2)))
  apply(apart(features[[j]], train[[j]]), 1, function(d) mean(sort(d)[1:10])) / spread
}))
add("atypicality_lof", each(function(j) {                                                    # Breunig et al. (2000), definitions 3 to 7
  d <- apart(train[[j]], train[[j]]); diag(d) <- Inf
  near <- t(apply(d, 1, function(row) order(row)[1:20])); k_distance <- apply(d, 1, function(row) sort(row)[20])
  reachability <- function(distances, who) 1 / (mean(pmax(distances, k_distance[who])) + 1e-10)
  lrd <- sapply(1:m, function(i) reachability(d[i, near[i, ]], near[i, ]))
  apply(apart(features[[j]], train[[j]]), 1, function(row) { who <- order(row)[1:20]; mean(lrd[who]) / reachability(row[who], who) })
}))
add("q_score", each(function(j) apply(features[[j]], 1, function(h) {
  h <- h / sqrt(sum(h^2))
  (max(h) - mean(h)) / sqrt(mean((h - mean(h))^2)) / sum(abs(h))
})))
depth <- function(probes, target) { l <- 4; while (l > 0 && probes[l] == target) l <- l - 1; l }
add("prediction_depth", each(function(j) sapply(1:n, function(i) depth(layers[[j]][, i], predicted[j, i]))))
add("label_depth", each(function(j) labelled(sapply(1:n, function(i) depth(layers[[j]][, i], label[i])))))
right <- function(j, i) epochs[[j]][, i] == label[i]
add("forgetting_events", each(function(j) labelled(sapply(1:n, function(i) if (any(right(j, i))) sum(diff(right(j, i)) == -1) else 5))))
add("never_learned", each(function(j) labelled(sapply(1:n, function(i) as.numeric(!any(right(j, i)))))))
add("el2n_early", each(function(j) labelled(el2n[[j]][1, ])))
write.csv(format(out, digits = 17, trim = TRUE), "properties.csv", row.names = FALSE, quote = FALSE)
