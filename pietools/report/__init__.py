"""The report: one HTML file that needs nothing else, runs nothing, and prints well."""

from pietools.report.page import write_report

__all__ = ["write_report"]
