"""The command line: parse, call, show. Heavy imports stand inside the commands, so that ``--help`` answers at once."""

import errno
from typing import Any

import click

from pietools.cli.analyze import analyze
from pietools.cli.collect import collect
from pietools.cli.demo import demo
from pietools.cli.export import export
from pietools.cli.import_ import import_
from pietools.cli.info import info, remove
from pietools.cli.topics import COMMANDS
from pietools.cli.train import train
from pietools.cli.validate import validate
from pietools.errors import PietoolsError
from pietools.version import __version__

# The modules of the extra `torch`, as pyproject.toml declares it. timm, which few need, is asked for where it is imported.
TORCH_EXTRA = {"pytorch_metric_learning", "safetensors", "torch", "torchvision"}


class Commands(click.Group):
    """Shows commands in the order of the work, and turns what the user can put right into one line and exit code 1."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Names in the order in which they were added."""
        return list(self.commands)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        try:
            return super().invoke(ctx)
        except PietoolsError as error:
            raise click.ClickException(" ".join(str(error).split())) from error
        except ModuleNotFoundError as error:
            raise click.ClickException(_advice(ctx.invoked_subcommand, error)) from error
        except OSError as error:
            if error.errno == errno.EPIPE:  # the reader of a pipe went away: click ends quietly
                raise
            where = "stdout" if error.filename is None else error.filename
            raise click.ClickException(f"cannot read or write {where}: {error.strerror}.") from error


def _advice(command: str | None, error: ModuleNotFoundError) -> str:
    """Say what to install: the extra that has the module, or all again, for what else is missing came with pietools."""
    if str(error.name).partition(".")[0] in TORCH_EXTRA:
        what = "install pietools with its extra 'torch', in a checkout with pip install '.[torch]'"
    else:
        what = "the installation is broken. Install pietools again, in a checkout with pip install '.'"
    return f"'pietools {command}' needs {error.name}, which is not there: {what}."


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, message="pietools %(version)s")
def main() -> None:
    """Find out what a compressed neural network forgot.

    A study is one DuckDB file with the predictions of dense and compressed networks. train and collect make it (they need
    the extra 'torch'), or import brings in predictions made elsewhere; analyze says which examples and classes were hit,
    and how many would have been if compression did nothing. Start with: pietools demo
    """


for command in (demo, train, collect, import_, info, remove, analyze, *COMMANDS, export, validate):
    main.add_command(command)
