"""Coding by hand: hit examples among others as hard, in random order, and who codes is not told which is which."""
