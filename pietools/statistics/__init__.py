"""Everything that computes a statistic: pure functions of arrays and frames, one module per topic."""
