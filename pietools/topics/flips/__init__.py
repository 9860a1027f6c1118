"""flips."""
