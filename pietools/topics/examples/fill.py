"""Single examples: which were hit, by their log odds; and by votes, where those are all that is known."""

from pietools.topics.examples.log_odds_fill import changed_examples, hits
from pietools.topics.examples.log_odds_tables import CHANGES, HITS
from pietools.topics.examples.votes_fill import examples, summary
from pietools.topics.examples.votes_tables import EXAMPLES, SUMMARY

FILL = {HITS: hits, CHANGES: changed_examples, SUMMARY: summary, EXAMPLES: examples}
