"""Which subgroups were hit, and who are the PIEs?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "subgroups",
    title="Subgroups",
    question="Which subgroups were hit, and who are the PIEs?",
    answer=(
        "Groups are the values of properties that 'pietools import --property' brought in, of the given label "
        "(class), or crossings of them."
    ),
    settings=(
        "permutations",
        "subgroups",
    ),
    nothing=("The study has no properties. Ask for --subgroup class, or import one: pietools import --property."),
)
