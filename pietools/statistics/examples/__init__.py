"""Single examples: exact tests and empirical Bayes."""
