"""Pure functions of arrays and frames: tools on the ground, and a folder per topic above them."""
