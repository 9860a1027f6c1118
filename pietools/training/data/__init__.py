"""Images and labels: data sets, training batches with random changes, and altered copies."""
