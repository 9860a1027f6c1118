"""One network against another, on the same examples: the examples are random, the two networks are fixed."""
