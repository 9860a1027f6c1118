"""The commands of single topics, ``pietools pies`` and its like: one question each, answered in full."""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from pietools.cli.analysis_options import asked, settings_options
from pietools.cli.lists import Listed, joined
from pietools.cli.waiting import WAIT
from pietools.topics.catalogue import TOPICS
from pietools.topics.topic import Topic

if TYPE_CHECKING:
    from pietools.results.analysis import Analysis
    from pietools.study import Study

STUDY = click.Argument(["study"], type=click.Path(path_type=Path, readable=False))
AS_JSON = click.Option(["--json", "as_json"], is_flag=True, help="Print one JSON object instead of tables.")
NO_STORE = click.Option(
    ["--no-store"], is_flag=True, help="Leave the study as it is: for files that may not be written."
)
ONLY = click.Option(
    ["--only"],
    type=Listed(),
    multiple=True,
    metavar="COMPRESSED,…",
    help="Print what is of these compressed populations; all are computed and stored.",
)
JOBS = click.Option(
    ["--jobs"],
    type=click.IntRange(1),
    help="Threads, one per core unless given; the results are the same.",
)


def analysis_command(
    name: str, text: str, callback: Callable[..., None], settings: Iterable[str], more: Iterable[click.Option] = ()
) -> click.Command:
    """A command that analyzes a study: its settings, its own options, and those that every analysis has."""
    options = [*more, *settings_options(settings), NO_STORE, WAIT, JOBS, AS_JSON]
    return click.Command(name, callback=callback, params=[STUDY, *options], help=text)


def run(study: Path, only: Sequence[str] = (), *, no_store: bool, wait: float, **options: Any) -> "Analysis":
    """Analyze the study in a file, with a progress bar; ``only``: populations that must be there."""
    from pietools.study import Study

    with Study.open(study, read_only=no_store, wait=wait) as opened:
        _refuse_unknown(opened, only)
        # A second of imports: not to say that there is no such file.
        from pietools.analysis import analyze
        from pietools.cli.progress import progress_bar

        with progress_bar("Analyzing") as on_step:
            return analyze(opened, store=not no_store, on_step=on_step, **asked(options))


def _refuse_unknown(study: "Study", only: Sequence[str]) -> None:
    from pietools.errors import StudyError

    known = study.populations().drop_nulls("reference")["name"].to_list()
    if unknown := [name for name in only if not meant([name], known)]:
        raise StudyError(
            f"no population '{unknown[0]}' is compared with another. There are: {', '.join(known) or 'none'}."
        )


def meant(only: Sequence[str], known: Iterable[str]) -> list[str]:
    """Populations by their names, or by what follows the regime: ``magnitude-0.9`` is that of each regime."""
    return [name for name in dict.fromkeys(known) if name in only or name.partition("/")[2] in only]


def topic_command(topic: Topic) -> click.Command:
    """The command of a topic."""

    def command(study: Path, *, as_json: bool, only: tuple[tuple[str, ...], ...], **options: Any) -> None:
        import json

        wanted = joined(only)
        analysis = run(study, wanted, topics=[topic.name], everything=True, **options)
        analysis = analysis.only(meant(wanted, analysis.comparisons["compressed"])) if wanted else analysis
        if as_json:
            from pietools.report.as_json import topic_json

            click.echo(json.dumps(topic_json(analysis, topic.name), indent=2, allow_nan=False))
        else:
            from pietools.cli.summary import print_summary

            print_summary(analysis, topic, study=study)

    text = f"{topic.question}\n\n{topic.answer} What is found replaces the tables results.{topic.name}… of the study."
    return analysis_command(topic.name, text, command, topic.settings, [ONLY])


COMMANDS = {name: topic_command(topic) for name, topic in TOPICS.items()}
