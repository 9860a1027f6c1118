"""Counts of PIEs, their errors, and the excess."""
