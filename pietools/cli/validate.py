"""``pietools validate``: do the methods keep what they promise?"""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from pietools.validation.running import Cell, Plan

# As in pietools.validation.worlds and .margin_worlds, which are too heavy to import for --help.
WORLDS = ("none", "uniform", "class", "targeted", "churn", "regimes")
EXPLAINED = (
    *("explain-none", "explain-uniform", "explain-scattered", "explain-annotation", "explain-difficulty"),
    *("both-none", "both-unrelated", "both-same"),
)
# All worlds of one pair of networks, and all of log odds, together: they are many, and take a quarter of an hour, and two hours.
PAIR, PAIR_SIZES_QUICK = "pair", (200, 1_000)
LOG_ODDS, LOG_ODDS_NETWORKS_QUICK, LOG_ODDS_MOST_QUICK = "log-odds", (10,), 1_000
QUICK = {"n_studies": 100, "n_examples": 120, "n_data_sets": 2, "n_truth": 2_200}
# Where reasons are known: fits on half-samples are dear, and need eight networks or more to say much.
NETWORKS, NETWORKS_EXPLAINED, NETWORKS_EXPLAINED_QUICK = (5, 10, 30), (10, 16), (10,)
FEWEST_NETWORKS, MOST_NETWORKS = 3, 200


class Networks(click.ParamType):
    """Numbers of networks, as in ``5,10,30``."""

    name = "numbers"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The numbers, each once."""
        if isinstance(value, tuple):
            return value
        try:
            numbers = tuple(sorted({int(number) for number in value.split(",")}))
        except ValueError:
            self.fail(f"'{value}' is no list of numbers such as 5,10,30.", param, ctx)
        if not FEWEST_NETWORKS <= numbers[0] <= numbers[-1] <= MOST_NETWORKS:
            self.fail(f"'{value}' is not within {FEWEST_NETWORKS} to {MOST_NETWORKS}.", param, ctx)
        return numbers


@click.command()
@click.option(
    "--studies",
    type=click.IntRange(2),
    default=10_000,
    show_default=True,
    help="Studies in which nothing happens, for the cheapest methods; dearer ones and planted effects have fewer.",
)
@click.option(
    "--networks",
    type=Networks(),
    help="Networks per population.  [default: 5,10,30; in worlds explain-* and both-* 10,16; log-odds and pair have their own]",
)
@click.option(
    "--design",
    type=click.Choice(["matched", "unmatched", "both"]),
    default="both",
    show_default=True,
    help="Of the studies.",
)
@click.option(
    "--world",
    "worlds",
    type=click.Choice((*WORLDS, *EXPLAINED, LOG_ODDS, PAIR)),
    multiple=True,
    help="What compression does; may be repeated. log-odds: all of log odds; pair: of one pair of networks.  [default: all]",
)
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of everything drawn.")
@click.option(
    "--jobs", type=click.IntRange(1, 1024), default=1, show_default=True, help="Processes; the result is the same."
)
@click.option("--quick", is_flag=True, help="100 studies of small data sets: a minute, and wide errors.")
@click.option("--csv", type=click.Path(path_type=Path), help="Write every rate to this file.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the tables to this file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object instead of tables.")
def validate(
    studies: int,
    networks: tuple[int, ...] | None,
    design: str,
    worlds: tuple[str, ...],
    seed: int,
    jobs: int,
    quick: bool,
    csv: Path | None,
    markdown: Path | None,
    as_json: bool,
) -> None:
    """Check the statistics on simulated studies where the truth is known.

    How often tests reject where nothing happened, findings are false, intervals hold the truth and planted effects are found,
    each held against what the method claims; what nothing is claimed of, such as power, is in the files. The exit code is 1 if
    a rate misses its range by more than three standard errors. The whole table takes some hours of processor time; it is in
    docs/methods/validation.md.
    """
    import os

    # Studies are small: two threads a process only stand in each other's way.
    for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "POLARS_MAX_THREADS"):
        os.environ.setdefault(library, "1")
    from pietools.cli.progress import progress_bar
    from pietools.validation import tables
    from pietools.validation.running import LOG_ODDS_CELLS, PAIR_CELLS, Cell, Plan, simulate

    designs = [name == "matched" for name in ("matched", "unmatched") if design in (name, "both")]
    explained = NETWORKS_EXPLAINED_QUICK if quick else NETWORKS_EXPLAINED
    cells = tuple(
        Cell(world, paired, k)
        for world in [name for name in worlds or WORLDS + EXPLAINED if name not in (LOG_ODDS, PAIR)]
        for paired in designs
        for k in networks or (explained if world in EXPLAINED else NETWORKS)
    )
    if LOG_ODDS in (worlds or (LOG_ODDS,)):
        asked = [cell for cell in LOG_ODDS_CELLS if cell.paired in designs]
        cells += tuple(cell for cell in asked if not quick or is_quick(cell))
    if PAIR in (worlds or (PAIR,)):
        cells += tuple(cell for cell in PAIR_CELLS if not quick or cell.n_examples in PAIR_SIZES_QUICK)
    size = QUICK if quick else {"n_studies": studies}
    plan = Plan(cells, seed=seed, **size)
    with progress_bar("Simulating", "tasks") as on_step:
        rows = tables.rates(simulate(plan, jobs=jobs, on_step=on_step))
    if csv is not None:
        rows.write_csv(csv, float_precision=6)
    if markdown is not None:
        markdown.write_text(tables.markdown(rows), encoding="utf-8")
    within, of = tables.count_within(rows)
    show(plan, rows, as_json=as_json)
    if within < of:
        raise SystemExit(1)


def is_quick(cell: "Cell") -> bool:
    """Whether ``--quick`` asks a cell of log odds."""
    return cell.n_networks in LOG_ODDS_NETWORKS_QUICK and (cell.n_examples or 0) <= LOG_ODDS_MOST_QUICK


def show(plan: "Plan", rows: "pl.DataFrame", *, as_json: bool) -> None:
    """Print the rates, as tables or as one JSON object."""
    import json

    from rich.console import Console
    from rich.text import Text

    from pietools.validation import tables

    within, of = tables.count_within(rows)
    if as_json:
        found = {
            "seed": plan.seed,
            "n_studies": plan.n_studies,
            "n_within": within,
            "n_claims": of,
            "rates": rows.to_dicts(),
        }
        click.echo(json.dumps(found, indent=2, allow_nan=False))
        return
    console = Console()
    if not console.is_terminal:
        console = Console(width=220)
    for title, of_kind in tables.by_kind(rows):
        console.print(Text(title, style="bold"), _table(*tables.wide(of_kind, claimed=True)), sep="\n")
    console.print(Text(f"\n{within} of {of} within their range (! missed by more than 3 standard errors, ~ by less)."))


def _table(header: list[str], lines: list[list[str]]) -> "Table":
    from rich.table import Table
    from rich.text import Text

    table = Table(header_style="dim", box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for i, name in enumerate(header):
        table.add_column(name, justify="left" if i < 3 else "right", overflow="fold")
    for line in lines:
        table.add_row(*(Text(cell, style="red" if cell.startswith("!") else "") for cell in line))
    return table
