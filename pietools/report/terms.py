"""What the words and columns of the report mean."""

TERMS = {
    "Population": "Networks that differ only in their random seed. Compressed ones are compared with their reference.",
    "Modal label": "The class that most networks of a population predict for an example. A tie goes to the lowest class "
    "index; an untied PIE has no tie in either population.",
    "PIE": "Pruning identified exemplar: an example whose modal label differs between the reference and the compressed "
    "population (Hooker et al. 2019). The given label plays no part.",
    "Forgotten, recovered, moved": "Direction of a PIE: from right to wrong, from wrong to right, from wrong to another wrong.",
    "If compression did nothing": "Networks of one population disagree with each other, so some PIEs appear even where nothing "
    "happened. The names reference and compressed are dealt out anew among the networks (within matched pairs if they are "
    "paired) and PIEs are counted again: their mean, and the range that holds 95 % of the counts. A yardstick for the count, not a "
    "prediction of retraining: a real effect is dealt out, too, and raises it.",
    "p": "Share of these relabellings with at least as many PIEs as were found. Small: the two populations are not "
    "interchangeable. It says nothing of the size of the effect. Near 1 it does not mean that compression removed PIEs.",
    "Excess PIEs": "PIEs between disjoint sets of reference and compressed networks, beyond those between two "
    "sets of one population: the primary estimate of how many compression made, with its 95 % interval.",
    "Not worse, equivalent": "p-values of the claims that accuracy fell by less than the margin, and that it changed by "
    "less than the margin in either direction. Small: the claim is shown.",
    "Hit, spared": "Examples whose log odds of the label fell, or rose, by more than the stated amount beyond what "
    "happens to examples as hard (moderated t test, at most 5 % false on average). Log odds: ln p / (1 − p) of the "
    "label's probability, in nats.",
    "Likely forgotten": "The example's error rate rose by more than the stated amount with a posterior probability of at least 0.9 "
    "(empirical Bayes).",
    "Paired": "The networks of both populations are matched replicates: same seed, same order of the data. Otherwise they "
    "are unpaired.",
    "Top-1, top-5": "Share of the labelled examples whose label has the largest, or one of the five largest, logits; mean ± "
    "standard deviation over networks.",
    "Kappa": "Fleiss' kappa: agreement of the networks of one population beyond chance, 1 if they always agree.",
    "Tied": "Examples whose modal label is tied.",
    "Flips": "Predictions of single networks that differ between reference and compressed: harmful (right to wrong), beneficial "
    "(wrong to right), wrong to another wrong; mean over pairs of networks, the total ± its standard deviation over pairs.",
    "Minus accuracy": "Change of a class's recall minus the change of accuracy: 0 means that the class moved as accuracy did. "
    "Weighted by class size these sum to zero, so one damaged class makes the others look better: see the raw change beside it.",
    "Adjusted p": "Corrected for the number of classes (Benjamini–Hochberg): of the classes called significant at 0.05, on average "
    "at most 5 % are so by chance.",
    "At equal difficulty": "On one and the same example: how much smaller are the odds of a compressed network to be "
    "right than those of a dense one, and does that depend on a property? Only examples on which some network is "
    "right and some is wrong count.",
    "Odds ratio": "Factor by which the odds change: of staying right (below 1: compression hurts more where the "
    "property is higher), or of being a PIE. Per sd: for a difference of one standard deviation of the property over "
    "the examples.",
    "Loss, margin, entropy, agreement, el2n": "How dense networks do on an example: minus log probability of its "
    "label; the label's probability less the largest other one; spread of the mean probabilities; share of networks "
    "on the modal label; distance of the probabilities from the label.",
    "Label noise, atypicality": "How doubtful the given label looks to dense networks that did not see the example "
    "(confident learning); how far its features, or pixels, lie from those of the training examples.",
    "Correlation of the change": "Of log odds, or of error rates: over examples, between two regimes, beyond difficulty and class, "
    "without the noise of the networks. 1 if the same examples become harder in proportion, 0 if unrelated ones. The "
    "attenuation is what would be observed, noise and all, if it were 1.",
    "Weak-change, no-change": "Too little changes in one of the regimes for that correlation, which may be a ratio "
    "of noise, or is none.",
    "Theory, R²": "A property that is to explain who becomes harder. R² is the share of the change in error rate "
    "that is explained on examples that were not used for the fit, without and with it.",
    "Paired, welch, hooker": "Tests of a class: paired t test (matched replicates), Welch's t test, and the published form, "
    "Welch's t test after a shift by the population's mean accuracy, uncorrected. The pairing decides which one is the default.",
}
