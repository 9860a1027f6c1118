"""What all of pietools agrees on: the level, the coverage, the correction, the tie rule."""

# Of every test.
LEVEL = 0.05
# Of every interval.
CONFIDENCE = 0.95
# Over classes, examples and properties: the false discovery rate.
CORRECTION = "benjamini-hochberg"
# A tied modal label is the lowest of the tied classes.
TIE_RULE = "lowest"
DIFFICULTY = "difficulty"
"""The term that stands for how hard an example is, in what explains a change."""
