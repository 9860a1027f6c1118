"""Does compression cost more on unseen data?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "unseen",
    title="Unseen data",
    question="Does compression cost more on unseen data?",
    answer=(
        "Altered copies and other test sets against the clean one; the gap between training and test data; "
        "whether one regime generalizes better."
    ),
    nothing=(
        "The study has no altered copy, no other test data and no training data: pietools import --copy-of, --split."
    ),
)
