"""Result tables about single examples: by log odds, and by votes where those are all that is known."""

from pietools.topics.examples.log_odds_tables import CHANGES, HITS
from pietools.topics.examples.votes_tables import EXAMPLES, SUMMARY

TABLES = (HITS, CHANGES, SUMMARY, EXAMPLES)
