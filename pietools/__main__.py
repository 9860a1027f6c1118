"""``python -m pietools``."""

from pietools.cli import main

main(prog_name="pietools")
