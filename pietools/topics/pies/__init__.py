"""Which examples did compression hit?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "pies",
    title="PIEs",
    question="Which examples did compression hit?",
    answer=(
        "The count with its null, the excess over disjoint sets of networks, how stable the PIEs are, and how "
        "the count depends on the number of networks."
    ),
    settings=("permutations",),
)
