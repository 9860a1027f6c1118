"""Characterization: which properties of examples go with being lost in compression, and which only with being difficult."""
