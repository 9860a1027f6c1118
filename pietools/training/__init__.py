"""Everything that imports torch: data sets, networks, pruning, training, and collecting predictions."""
