"""Which examples did compression hit?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "pies",
    title="PIEs",
    question="How many examples changed their majority label, and how many would by chance?",
    answer=(
        "The count with its null, the excess over disjoint sets of networks, how stable the PIEs are, and how "
        "the count depends on the number of networks."
    ),
    settings=("permutations",),
    more="Which they are: pietools shell STUDY \"from pies('REFERENCE', 'COMPRESSED')\".",
)
