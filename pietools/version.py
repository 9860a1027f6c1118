"""The version of pietools, for whatever writes it into a file; hatchling reads it from here."""

__version__ = "0.1.0"
