"""Why these examples?"""

from pietools.topics.topic import Topic

TOPIC = Topic(
    "characterize",
    title="Why these examples",
    question="Why these examples?",
    answer=(
        "Which properties make compression hurt more at equal difficulty, in nats of log odds, with the properties' noise taken "
        "off; and by votes, logistic regression of PIEs beside that of dense-against-dense PIEs, and how well they predict."
    ),
    settings=("explain",),
    nothing=("Nothing is known of the examples that could explain what is lost: collect logits, or import a property."),
)
