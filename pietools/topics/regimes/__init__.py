"""Are the same examples lost in another regime?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "regimes",
    title="The same examples in another regime?",
    question="Are the same examples lost in another regime?",
    answer=(
        "Correlation of the change of log odds, corrected for noise, with a regime against itself; which examples are hit "
        "in all regimes, in one, in none; and by votes, overlap of PIEs, which regime loses more, what a theory explains."
    ),
    settings=(
        "permutations",
        "delta_log_odds",
        "explain",
        "theories",
    ),
    nothing=("No compression was done in two regimes: pietools import --regime, or [[regime]] in the STUDY.toml."),
)
