"""Which single examples are really forgotten?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "examples",
    title="Single examples",
    question="Which single examples are really forgotten?",
    answer=(
        "An exact test per example with corrections that respect discreteness, empirical Bayes, and what this "
        "number of networks can show at all."
    ),
    settings=(
        "permutations",
        "delta",
    ),
)
