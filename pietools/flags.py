"""Why a number is missing or doubtful: the words in the column ``flag`` of every result."""

from enum import StrEnum


class Flag(StrEnum):
    """A reason in one word, the same wherever it holds, with what it means."""

    meaning: str

    def __new__(cls, value: str, meaning: str) -> "Flag":
        """The word is the value, so that flags are compared, stored and shown as strings."""
        flag = str.__new__(cls, value)
        flag._value_ = value
        flag.meaning = meaning
        return flag

    ONE_NETWORK = "one-network", "a population has a single network"
    FEW_NETWORKS = "few-networks", "fewer networks than this number, or its error, takes"
    FEW_BASELINE_NETWORKS = "few-baseline-networks", "fewer than five networks say what is usual: slope 1 is taken"
    TOO_MANY_NETWORKS = "too-many-networks", "more than 10,000 networks would be needed"
    NO_VARIANCE = "no-variance", "there is no spread to test by"
    NO_SPREAD = "no-spread", "the classes differ by no more than noise"
    LITTLE_SPREAD = "little-spread", "clean accuracies of the baseline are too much alike: slope 1 is taken"
    NO_DIFFICULTY = (
        "no-difficulty",
        "no other networks say how hard the examples are: a second dense population, or eight networks",
    )
    NO_LABELS = "no-labels", "there are no given labels"
    NO_LOG_ODDS = "no-log-odds", "log odds of the label are not known of all networks"
    NO_EXAMPLES = "no-examples", "no example is there to count"
    ONE_EXAMPLE = "one-example", "there is a single example"
    FEW_EXAMPLES = "few-examples", "fewer examples than the model takes"
    NO_PIES = "no-pies", "there are no PIEs"
    ALL_PIES = "all-pies", "all examples are PIEs"
    ONLY_PIES = "only-pies", "there are no other examples than PIEs"
    FEW_EVENTS = "few-events", "fewer than ten of the rarer outcome per term: doubtful"
    FEW_ERRORS = "few-errors", "no class has errors in some half-sample"
    NO_ERRORS = "no-errors", "nothing is ever predicted wrongly: there is no relative change"
    ONE_CLASS = "one-class", "there is a single class"
    FEW_CLASSES = "few-classes", "fewer than three classes have examples"
    ONE_GROUP = "one-group", "a single group has examples"
    NO_CONFIDENCE = "no-confidence", "a confidence is not known"
    NO_CHANGE = "no-change", "compression changes no error rate that could be seen"
    WEAK_CHANGE = "weak-change", "the change is not significant: what is divided by it may be noise"
    NO_DIFFERENCE = "no-difference", "there is nothing to be found"
    CONSTANT = "constant", "the property does not vary"
    COLLINEAR = "collinear", "the property is determined by those before it"
    HIGH_VIF = "high-vif", "the variance inflation factor is above 10"
    SEPARATED = "separated", "the likelihood has no finite maximum"
    NOT_CONVERGED = "not-converged", "the search came to no end"
    UNSTABLE = "unstable", "half-samples have no fit"
    UNFIT = "unfit", "some split has no fit"
    FEW_VALUES = "few-values", "fewer than three knots are distinct"
    SINGULAR = "singular", "coefficients depend on each other, or do not vary"
    DIFFERENT_PROPERTIES = "different-properties", "the regimes were explained by different properties"
    FILTERED = "filtered", "no labelling could make the example significant"
    NOT_EVALUATED = "not-evaluated", "a network was not run on the copy"
    NO_BASELINE = "no-baseline", "no networks say what is usual"
    ZERO_OR_ONE = "zero-or-one", "an accuracy of 0 or 1 has no logit"
    EXTRAPOLATION = "extrapolation", "the value lies outside the range that was measured"
    INDISTINGUISHABLE = "indistinguishable", "two sparsities differ in loss by no more than their error"
    NOTHING_PLANTED = "nothing-planted", "all labels were replaced, or none"
    NOT_RECORDED = "not-recorded", "what the property needs was not kept"
    NOISY = "noisy", "more than nine tenths of the property's variance is noise of the networks that it was measured on"
    NO_ORDER = "no-order", "a network does not tell easy from hard examples, so that its log odds fit no common scale"
    TRAINING_EXAMPLES = "training-examples", "the networks have learned these examples"
