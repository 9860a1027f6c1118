"""Why these examples?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "characterize",
    title="Why these examples",
    question="Why these examples?",
    answer=(
        "Which properties make compression hurt more at equal difficulty; logistic regression of PIEs beside "
        "that of dense-against-dense PIEs; how well they predict, and the shape of each effect."
    ),
    settings=("explain",),
    nothing=("Nothing is known of the examples that could explain what is lost: collect logits, or import a property."),
)
