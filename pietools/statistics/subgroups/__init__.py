"""Rates of subgroups, their gaps, and who the PIEs are."""
