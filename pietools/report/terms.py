"""The glossary: what the words of pietools mean. The report shows it, and docs/glossary.md is made of it."""

TERMS = {
    "adjusted p": (
        "A p-value corrected for how many things were tested. Benjamini–Hochberg: of what is called significant at 0.05, "
        "at most 5 % is so by chance, on average. Holm: the chance that anything is so is at most 5 %."
    ),
    "after shuffling": (
        "What we count after shuffling the names dense and compressed among the networks (within matched pairs "
        "where there are some): their mean, and the range that holds 95 % of them. A real effect is shuffled, too, and "
        "raises them."
    ),
    "altered copy": (
        "A data set with the examples of another, its source, whose images were corrupted or some of whose labels were "
        "replaced."
    ),
    "attenuation": "What a plain correlation would be, with so many networks, if the one corrected for noise were 1.",
    "atypicality": (
        "How unlike the training examples an example is, in the features of a network or in its pixels: minus the log "
        "density at its nearest class (Yuksekgonul et al. 2023, arXiv 2305.18262)."
    ),
    "baseline": (
        "The same number for two populations, or sets, of dense networks. What it shows happens without compression."
    ),
    "churn": "The share of examples on which two networks predict different labels, right or wrong. See flip.",
    "comparison": "A compressed population against its reference, on one data set.",
    "control": (
        "Networks that show what else changes answers: dense ones that were trained again (second dense population), trained "
        "for less so that they are as inaccurate as compressed ones, or compressed a second time."
    ),
    "correlation of the change": (
        "Over examples, between two regimes: do the same examples become harder? Beyond difficulty and class, and "
        "corrected for the noise of the networks: 1 if the same examples change in proportion, 0 if unrelated ones."
    ),
    "cross-fitting": (
        "Properties come from one part of the networks and outcomes from another, in turn, so that a network's luck is "
        "not in both."
    ),
    "dense, compressed": "Networks that were not pruned or quantized, and those that were.",
    "difficulty": "How often networks that have no part in a change are wrong on an example, and by what margin.",
    "EL2N": "Length of the vector of errors, ‖probabilities − onehot(label)‖ (Paul et al. 2021, arXiv 2107.07075).",
    "entropy": "Spread of the mean probabilities of dense networks, nats.",
    "equivalent": (
        "Shown to have changed by less than the margin, by two one-sided tests. Not the same as no significant change."
    ),
    "evaluation": "One network run over one data set. It covers every example or does not exist.",
    "evidence": (
        "What is known of each prediction: logits, log odds of the label, the best few classes, probabilities, or the "
        "label alone."
    ),
    "excess churn": (
        "How many answers change, beyond training again, because a compressed network takes the place of a dense one."
    ),
    "excess PIEs": (
        "How many PIEs compression caused, estimated: PIEs between a set of dense and a set of compressed networks, minus"
        " PIEs between two sets of the same kind. A dense network is never compared with the network pruned from it, "
        "which would agree with it more than strangers do."
    ),
    "Firth's fit": (
        "Logistic regression with a penalty that keeps coefficients finite where a property separates the outcome (Firth "
        "1993, doi:10.1093/biomet/80.1.27)."
    ),
    "flip": (
        "A prediction that differs between two networks: harmful (right to wrong), beneficial (wrong to right), or wrong "
        "to another wrong."
    ),
    "forgetting events": (
        "How often a prediction turned from right to wrong between epochs (Toneva et al. 2019, arXiv 1812.05159). Not "
        "forgotten, which is of populations."
    ),
    "forgotten, recovered, moved": (
        "What happened to a PIE: its majority label was right and is wrong, was wrong and is right, or went from wrong to"
        " another wrong."
    ),
    "hit, spared": (
        "An example that lost more, or less, than examples as hard as it: its log odds changed by more than the stated "
        "amount beyond the trend (moderated t test; of those called so at most 5 % are chance, on average)."
    ),
    "kappa": (
        "Agreement beyond chance: 1 if all always agree, 0 as by chance. Fleiss': of the networks of a population, or of "
        "all annotators; Cohen's: of two."
    ),
    "label issue": (
        "A given label that confident learning counts among the wrong ones (Northcutt et al. 2021, arXiv 1911.00068)."
    ),
    "label noise": "How doubtful the given label looks to dense networks that were not trained on the example.",
    "log odds of the label": (
        "log p − log(1 − p) of the given label's probability p, nats: 0 is even odds, and a step of 1 multiplies the odds"
        " by 2.7 wherever p is."
    ),
    "logit margin": (
        "Logit of the label less the largest other one, nats; the label is predicted where it is positive."
    ),
    "logits": "What the network gives before the softmax, one number per class.",
    "loss": "Minus log probability of the given label, nats; as a property the mean over dense networks.",
    "lost, gained": (
        "Of networks: the share that is wrong rose, or fell, by more than the stated amount, with a probability of at "
        "least 0.9. Of one pair: an example that was right and is wrong, or the reverse; where exactly one of the two is "
        "right it is discordant."
    ),
    "magnitude pruning": (
        "Setting the weights with the smallest absolute values to zero. Global: the smallest of the whole network rather "
        "than of each layer. Gradual: a little at a time, while training."
    ),
    "margin": (
        "The largest change of accuracy that you would ignore, set before looking. Of probabilities: the label's less the"
        " largest other one."
    ),
    "marginal effect": (
        "By how much one standard deviation of a property changes a probability, averaged over examples."
    ),
    "matched replicates": (
        "Networks of two populations with the same replicate name: same initialization, same order of the data. "
        "Comparisons of such pairs are paired, others unpaired."
    ),
    "minus accuracy": (
        "Change of a class's recall minus the change of accuracy: 0 means that the class moved as accuracy did. One "
        "damaged class makes the others look better: see the raw change beside it."
    ),
    "modal label": (
        "The class that most networks of a population predict for an example. A tie goes to the lowest class index; an "
        "untied PIE has no tie on either side."
    ),
    "moderated t test": "A t test whose variance is shrunk towards what is usual over all examples (Smyth 2004).",
    "nat": "Unit of logarithms to base e; log odds of 2.3 nats are odds of ten to one.",
    "near tie": "An example whose two largest logits differ by less than 1e-4: rounding may turn them over.",
    "not worse": "Shown to have fallen by less than the margin.",
    "odds ratio": (
        "Factor by which the odds p / (1 − p) change: of staying right (below 1: compression hurts more where the "
        "property is higher), or of being a PIE. Per sd: for one standard deviation of the property over the examples."
    ),
    "p": (
        "The chance of a result at least as strong if there were no effect. Of PIEs: the share of shuffles with at least "
        "as many. It says nothing of the size of the effect."
    ),
    "PIE": (
        "Pruning identified exemplar: an example whose modal label differs between the reference and the compressed "
        "population (Hooker et al. 2019, arXiv 1911.05248). The given label plays no part."
    ),
    "population": (
        "Networks that differ only in their random seed (replicate). Compressed ones are compared with their reference."
    ),
    "prediction depth": (
        "The layer from which on k-NN probes agree with the network's own prediction (Baldock et al. 2021, arXiv "
        "2106.09647)."
    ),
    "primary data set": "The first that was added to a study; meant where none is named.",
    "property": "One value per example, from networks or measured outside.",
    "Q-score": "How much one unit stands out in the features of an example (Kalibhat et al. 2022, arXiv 2203.01881).",
    "recall of a class": "The share of its examples that are predicted right.",
    "reference": "The population that another is compared with.",
    "regime": "How the networks were trained: with labels (supervised), without, or with few.",
    "reliability": "Share of a property's variance that is no noise of the networks that measure it.",
    "replicate": "One of the networks of a population: same recipe, another seed.",
    "re-run": (
        "The same network run again (batch size, machine, calibration set): what changes then is the floor of one pair."
    ),
    "R²": "Share of the change of error rates that is explained on examples that were not used for the fit.",
    "second dense population": (
        "As many dense networks of the same recipe from fresh seeds: a control, and a source of properties."
    ),
    "sparsity": "The fraction of the prunable weights that are zero.",
    "study": "One DuckDB file with examples, networks, predictions and results.",
    "taxicab distance": (
        "Σ_c |v^D_c / K_D − v^C_c / K_C|: how far apart the votes of two populations are for an example, from 0 to 2 "
        "(Hooker et al. 2020, arXiv 2010.03058)."
    ),
    "tests of a class": (
        "Paired: t test of matched replicates; Welch's; and the published form, Welch's t test after a shift by the "
        "population's mean accuracy, uncorrected. The pairing decides which one is the default."
    ),
    "theory": (
        "A hypothesis why examples are lost, written as a property and tested on examples that were not used for the fit."
    ),
    "top-1, top-5": "Share of the labelled examples whose label has the largest, or one of the five largest, logits.",
    "trend": "What compression does to examples as hard as one, on average; what is beyond it is the example's own.",
    "turned": "An example whose majority answer would change with unlimited networks.",
    "weak-change, no-change": (
        "Too little changes in one of the regimes for their correlation, which may be a ratio of noise, or is none."
    ),
}
"""Term by term, in the order of the alphabet."""
