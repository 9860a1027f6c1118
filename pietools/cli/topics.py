"""The commands of single topics, ``pietools pies`` and its like: one question each, answered in full."""

from pathlib import Path
from typing import Any

import click

# What each command asks, and what it answers with; the names are those of pietools.topics.TOPICS.
QUESTIONS = {
    "accuracy": (
        "How good are the networks, and did accuracy change?",
        "Top-1 and top-5 accuracy, calibration, agreement; the change with its interval and the tests that it is at most the "
        "margin; accuracy on PIEs.",
    ),
    "pies": (
        "Which examples did compression hit?",
        "The count with its null, the excess over disjoint sets of networks, how stable the PIEs are, and how the count depends "
        "on the number of networks.",
    ),
    "flips": (
        "How many predictions of single networks changed?",
        "Harmful, beneficial and other flips, beside those between two networks of the reference.",
    ),
    "examples": (
        "Which single examples are really forgotten?",
        "An exact test per example with corrections that respect discreteness, empirical Bayes, and what this number of networks "
        "can show at all.",
    ),
    "classes": (
        "Which classes changed otherwise than accuracy did?",
        "Paired, Welch and the published test, with Benjamini–Hochberg, Holm and max-t; whether differences between classes grow.",
    ),
    "subgroups": (
        "Which subgroups were hit, and who are the PIEs?",
        "Groups are the values of properties that 'pietools import --property' brought in, of the given label (class), or "
        "crossings of them.",
    ),
    "unseen": (
        "Does compression cost more on unseen data?",
        "Altered copies and other test sets against the clean one; the gap between training and test data; whether one regime "
        "generalizes better.",
    ),
    "properties": (
        "What is said of each example?",
        "Loss, margin, entropy, agreement, label noise, atypicality, prediction depth, as far as the study holds what they need, "
        "and numbers measured outside; what forgotten, recovered and other examples are like; is planted label noise found?",
    ),
    "characterize": (
        "Why these examples?",
        "Which properties make compression hurt more at equal difficulty; logistic regression of PIEs beside that of "
        "dense-against-dense PIEs; how well they predict, and the shape of each effect.",
    ),
    "regimes": (
        "Are the same examples lost in another regime?",
        "Correlation of the change in error rate, corrected for noise; overlap of PIEs beyond chance; which regime loses more; "
        "which properties matter where; what a theory explains.",
    ),
    "power": (
        "How many networks would it take?",
        "For a change of accuracy or of a class's recall as large as the margin, and for the change and the excess at hand.",
    ),
}


OPTIONS = [
    click.option(
        "--compare",
        "comparisons",
        metavar="REFERENCE COMPRESSED",
        nargs=2,
        multiple=True,
        help="Compare these two as well; may be repeated.",
    ),
    click.option(
        "--permutations", type=click.IntRange(1), help="Relabellings of each null.  [default: the study's, else 1000]"
    ),
    click.option(
        "--margin",
        type=click.FloatRange(0, 1, min_open=True),
        help="Change of accuracy that still counts as none, a fraction.  [default: 0.01]",
    ),
    click.option(
        "--delta",
        type=click.FloatRange(0, 1, max_open=True),
        help="Rise of an example's error rate that counts as forgotten.  [default: 0.1]",
    ),
    click.option(
        "--property",
        "properties",
        metavar="NAME",
        multiple=True,
        help="Subgroups: a property, class, or a crossing such as 'sex*age'; may be repeated.  [default: every property]",
    ),
    click.option(
        "--explain",
        "explain",
        metavar="NAME",
        multiple=True,
        help="A property that may explain what is lost, of networks or an imported number; may be repeated.  [default: the "
        "study's, else loss, label_noise, atypicality and every number that all examples have]",
    ),
    click.option(
        "--theory",
        "theories",
        metavar="NAME",
        multiple=True,
        help="A property whose worth beyond difficulty is asked, out of fold; may be repeated.  [default: the study's, else none]",
    ),
    click.option(
        "--seed", type=click.IntRange(0, 2**63 - 1), help="Seed of all that is random.  [default: the study's, else 0]"
    ),
    click.option("--no-store", is_flag=True, help="Leave the study as it is: for files that may not be written."),
    click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables."),
]


# Options that mean nothing to other topics, and are not shown there; analyze has all.
OF_TOPICS = {
    "permutations": ("pies", "examples", "subgroups", "regimes"),
    "margin": ("accuracy", "power"),
    "delta": ("examples",),
    "properties": ("subgroups",),
    "explain": ("characterize", "regimes"),
    "theories": ("regimes",),
}


def settings_options(command: Any) -> Any:
    """Give a command the options that every analysis has."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def topic_command(topic: str) -> click.Command:
    """The command of one topic."""
    question, answer = QUESTIONS[topic]

    stored = f"What is found replaces the tables results.{topic}… of the study."

    @click.command(topic, help=f"{question}\n\n{answer} {stored}")
    @click.argument("study", type=click.Path(path_type=Path))
    @settings_options
    def command(study: Path, as_json: bool, **asked: Any) -> None:
        import json

        from pietools.report.as_json import topic_json

        analysis = run(study, topics=[topic], **asked)
        if as_json:
            click.echo(json.dumps(topic_json(analysis, topic), indent=2, allow_nan=False))
        else:
            from pietools.cli.summary import print_summary

            print_summary(analysis, topic)

    for option in command.params:
        if isinstance(option, click.Option):
            option.hidden = topic not in OF_TOPICS.get(option.name or "", (topic,))
    return command


def run(study: Path, *, no_store: bool, **asked: Any) -> Any:
    """Analyze the study in a file, with a progress bar."""
    from pietools.analysis import analyze
    from pietools.cli.progress import progress_bar
    from pietools.study import Study

    with Study.open(study, read_only=no_store) as opened, progress_bar("analyze", "%") as on_step:
        # Options that may be repeated and were not given are empty, and mean the default.
        given = {name: value or None for name, value in asked.items() if isinstance(value, tuple)}
        given["comparisons"] = asked["comparisons"]
        return analyze(opened, store=not no_store, on_step=on_step, **asked | given)


COMMANDS = [topic_command(topic) for topic in QUESTIONS]
