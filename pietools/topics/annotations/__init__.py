"""What people see in the examples that were hit, and not in others."""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "annotations",
    title="Coded by hand",
    question="What do people see in examples that were hit, and less often in others as hard?",
    answer=(
        "The share of each category among both, with McNemar's exact test over pairs, and how far annotators agree. "
        "People code with 'pietools annotate STUDY'."
    ),
    nothing="Nothing was coded by hand: run 'pietools annotate STUDY'.",
)
