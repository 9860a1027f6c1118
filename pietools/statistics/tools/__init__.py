"""What several topics need: intervals, t tests, multiplicity, ballots, relabellings."""
