"""Runs of columns that several result tables have, so that the same thing has the same name and meaning everywhere."""

from pietools.results.table import Column

DATASET = Column("dataset", str, "data set", required=True, is_key=True)
COMPARISON = (
    Column("reference", str, "population that the compressed one is compared with", required=True, is_key=True),
    Column("compressed", str, "compressed population, or control", required=True, is_key=True),
    DATASET,
)
# What was done to the networks of a population.
COMPRESSION = (
    Column("role", str, "dense, compressed or control", required=True),
    Column("regime", str, "how the networks were trained"),
    Column("method", str, "how they were compressed, or which control they are"),
    Column("sparsity", float, "fraction of zero weights that was asked for"),
    Column("bits", int, "bits per weight"),
)
REGIMES = (
    Column("regime_a", str, "one regime", required=True, is_key=True),
    Column("regime_b", str, "the other", required=True, is_key=True),
)
SAME_COMPRESSION = (
    DATASET,
    Column("compression", str, "what was done to the networks of all regimes", required=True, is_key=True),
)
PAIRING = Column("pairing", str, "paired: the replicates match; else unpaired", required=True, json="design")
P_HOLM = Column(
    "p_holm",
    float,
    "p_value adjusted over the comparisons of compressed populations on the data set (Holm); null for controls",
)
T_TEST = Column("test", str, "t test of the pairs (paired) or Welch's (welch)", required=True)
FLAG = Column(
    "flag", str, "why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null"
)
MEASURED_ON = Column(
    "measured_on",
    str,
    "second dense population that the properties come from; cross-fitted: halves of the reference; outside: no networks",
)
ODDS_RATIO = (
    Column("odds_ratio", float, "exp(estimate), per standard deviation of the property"),
    Column("odds_ratio_conf_low", float, "lower end of its 95 % interval"),
    Column("odds_ratio_conf_high", float, "upper end of its 95 % interval"),
)


def interval(of: str = "the estimate") -> tuple[Column, ...]:
    """Ends of a 95 % interval."""
    return (
        Column("conf_low", float, f"lower end of the 95 % interval of {of}"),
        Column("conf_high", float, f"upper end of the 95 % interval of {of}"),
    )


def estimate(meaning: str, *, p_adjusted: str | None = None, required: bool = False) -> tuple[Column, ...]:
    """An estimate with its error, test and interval; ``p_adjusted`` says how p-values are adjusted, and over what."""
    adjusted = (Column("p_adjusted", float, f"p_value adjusted: {p_adjusted}"),) if p_adjusted else ()
    return (
        Column("estimate", float, meaning, required=required),
        Column("std_error", float, "standard error of the estimate"),
        Column("statistic", float, "estimate / std_error"),
        Column("df", float, "degrees of freedom"),
        Column("p_value", float, "two-sided, of no effect"),
        *adjusted,
        *interval(),
    )


def null(of: str, json: str | None = None, *, required: bool = False) -> tuple[Column, ...]:
    """What is left of a statistic when nothing happened; ``json``: the object that holds it."""

    def column(name: str, meaning: str, *, is_required: bool = required) -> Column:
        key = f"{json}.{name}" if json else None
        return Column(f"null_{name}", float, meaning, required=is_required, json=key)

    return (
        column("mean", f"mean of {of} over relabellings"),
        column("sd", "standard deviation over relabellings", is_required=False),
        column("conf_low", "2.5 % quantile over relabellings"),
        column("conf_high", "97.5 % quantile over relabellings"),
    )
