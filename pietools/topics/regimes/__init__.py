"""Are the same examples lost in another regime?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "regimes",
    title="The same examples in another regime?",
    question="Are the same examples lost in another regime?",
    answer=(
        "Correlation of the change in error rate, corrected for noise; overlap of PIEs beyond chance; which "
        "regime loses more; which properties matter where; what a theory explains."
    ),
    settings=(
        "permutations",
        "delta_log_odds",
        "explain",
        "theories",
    ),
    nothing=("No compression was done in two regimes: pietools import --regime, or [[regime]] in the STUDY.toml."),
)
