"""The statistical methods against simulated populations of which everything is known."""
