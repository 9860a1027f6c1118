"""Which single examples were hit?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "examples",
    title="Single examples",
    question="Which single examples were hit, more than examples as hard as they?",
    answer=(
        "A moderated t test of every example's log odds, beyond what compression does to examples as hard, beside the same between "
        "dense networks; which answers turn; and by votes, where those are all that is known, exact tests and empirical Bayes."
    ),
    settings=(
        "permutations",
        "delta",
        "delta_log_odds",
    ),
    more="Their pictures or texts: pietools gallery STUDY.",
)
