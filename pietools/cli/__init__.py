"""The command line: parse, call, show. Each command is imported when it is asked for, and imports what it needs when it runs."""

import errno
import traceback
from importlib import import_module
from typing import Any

import click

from pietools.cli.output import print_what_can_be, visible
from pietools.errors import LONGEST, PietoolsError, shortened
from pietools.topics.catalogue import TOPICS
from pietools.version import __version__

# In the order of the work: each command's module, its name there, and what it does, which is said without importing it.
COMMANDS = {
    "compare": ("compare", "compare", "Compare a compressed network with the one it came from."),
    "demo": ("demo", "demo", "Analyze the embedded study."),
    "train": ("train", "train", "Train the networks that a STUDY.toml names."),
    "collect": ("collect", "collect", "Collect the networks' predictions into a study."),
    "merge": ("merge", "merge", "Put shards that collect wrote, on this machine or others, into a study."),
    "import": ("import_", "import_", "Put predictions made elsewhere into a study."),
    "info": ("info", "info", "Say what STUDY holds: data sets, populations and their networks, properties."),
    "remove": ("info", "remove", "Take a data set or a population out of STUDY, to import it again in another way."),
    "analyze": ("analyze", "analyze", "Say what compression did to each population of STUDY."),
    **{name: ("topics", name, topic.question) for name, topic in TOPICS.items()},
    "gallery": ("gallery", "gallery", "Show the examples of STUDY that were hit, spared, lost or gained."),
    "annotate": ("annotate", "annotate", "Code examples of STUDY by hand: those that were hit among others as hard."),
    "report": ("report", "report", "Write the report of the last analysis of STUDY as one page."),
    "figures": ("figures", "figures", "Write figures of the last analysis of STUDY, for a page of this width."),
    "tables": ("tables", "tables", "Write tables of the last analysis of STUDY, rounded to what is known."),
    "shell": ("shell", "shell", "Ask STUDY a question in SQL: one QUERY, or one after another."),
    "export": ("export", "export", "Write STUDY as Parquet, one file per table."),
    "doctor": ("doctor", "doctor", "Say what is installed, and whether STUDY is in order."),
    "validate": ("validate", "validate", "Check the statistics on simulated studies where the truth is known."),
}
# The modules of the extra `torch`, as pyproject.toml declares it. timm, which few need, is asked for where it is imported.
TORCH_EXTRA = {"pytorch_metric_learning", "safetensors", "torch", "torchvision"}
# Those of the extra `cluster`.
CLUSTER_EXTRA = {"distributed", "fsspec", "submitit"}
FULL = (errno.ENOSPC, errno.EDQUOT)
PRINTERS = ("click", "rich")  # libraries that write to the terminal, and to nothing else
PANIC = "PanicException"  # polars' own, which is no Exception


class Commands(click.Group):
    """Shows commands in the order of the work, and turns what the user can put right into one line and exit code 1."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        """Run, and print what can be in the terminal's letters."""
        print_what_can_be()
        try:
            return super().main(*args, **kwargs)
        except OSError as error:  # of --version and --help, which no command prints
            _line(_of_system(error)).show()
            raise SystemExit(1) from error

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order of the work."""
        return list(COMMANDS)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """What each command does."""
        with formatter.section("Commands"):
            formatter.write_dl([(name, what) for name, (_, _, what) in COMMANDS.items()])

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """A command, imported now; None if there is none of that name."""
        return command_of(cmd_name) if cmd_name in COMMANDS else None

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except click.ClickException as error:
            if len(said := error.format_message()) <= LONGEST:
                raise
            if isinstance(error, click.UsageError):
                raise click.UsageError(shortened(said), error.ctx) from error
            raise _line(said) from error
        except PietoolsError as error:
            raise _line(" ".join(str(error).split())) from error
        except ModuleNotFoundError as error:
            raise _line(_advice(ctx.invoked_subcommand, error)) from error
        except MemoryError as error:
            raise _line("the memory is full: other programs hold it, or this needs more than there is.") from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of a pipe went away: click ends quietly
                raise
            raise _line(_of_system(error)) from error
        except BaseException as error:
            if type(error).__name__ != PANIC:
                raise
            raise _line(
                f"polars gave up, which is a fault of it or of pietools: {str(error) or 'no reason given'}."
            ) from None


def _line(message: str) -> click.ClickException:
    return click.ClickException(visible(shortened(message)))


def _of_system(error: OSError) -> str:
    """What the system refused: to open a file that it names, or to write into one that was open, of which it names none."""
    reason = error.strerror or str(error)
    if error.filename is not None:
        said = f"cannot read or write {error.filename}: {reason}."
    elif _was_printing(error):
        said = f"cannot write to stdout: {reason}."
    else:
        said = f"a file could not be read or written to its end: {reason}."
    where = "where the output goes, and in the folder for temporary files"
    return f"{said} Make room {where}." if error.errno in FULL and not _was_printing(error) else said


def _was_printing(error: OSError) -> bool:
    """Whether it happened in a library that does nothing but print."""
    innermost = [
        module for frame, _ in traceback.walk_tb(error.__traceback__) if (module := frame.f_globals.get("__name__"))
    ]
    return bool(innermost) and innermost[-1].partition(".")[0] in PRINTERS


def command_of(name: str) -> click.Command:
    """A command by its name."""
    module, attribute, _ = COMMANDS[name]
    found = import_module(f"pietools.cli.{module}")
    command: click.Command = found.COMMANDS[name] if module == "topics" else getattr(found, attribute)
    return command


def _advice(command: str | None, error: ModuleNotFoundError) -> str:
    """Say what to install: the extra that has the module, or all again, for what else is missing came with pietools."""
    package = str(error.name).partition(".")[0]
    if package in TORCH_EXTRA | CLUSTER_EXTRA:
        extra = "torch" if package in TORCH_EXTRA else "torch,cluster"
        what = f"install pietools with its extra '{extra}', in a checkout with pip install '.[{extra}]'"
    else:
        what = "the installation is broken. Install pietools again, in a checkout with pip install '.'"
    return f"'pietools {command}' needs {error.name}, which is not there: {what}."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="pietools %(version)s")
def main() -> None:
    """Find out what a compressed neural network forgot.

    Two files of predictions, one network each: pietools compare. Several networks on each side, a study: one DuckDB file with
    their predictions. import brings in predictions made elsewhere, train and collect make them (they need the extra 'torch');
    analyze says what compression cost, which examples and classes were hit, and how sure that is. To see either:
    pietools compare --demo, pietools demo
    """
