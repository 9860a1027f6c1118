"""What the words and columns of the report mean."""

TERMS = {
    "Population": "Networks that differ only in their random seed. Compressed ones are compared with their reference.",
    "Modal label": "The class that most networks of a population predict for an example. A tie goes to the lowest class "
    "index; an untied PIE has no tie in either population.",
    "PIE": "Pruning identified exemplar: an example whose modal label differs between the reference and the compressed "
    "population (Hooker et al. 2019). The given label plays no part.",
    "Forgotten, recovered, moved": "Direction of a PIE: from right to wrong, from wrong to right, from wrong to another wrong.",
    "If compression did nothing": "Networks of one population disagree with each other, so some PIEs appear even where nothing "
    "happened. The names reference and compressed are dealt out anew among the networks (within matched pairs if the design is "
    "paired) and PIEs are counted again: their mean, and the range that holds 95 % of the counts. A yardstick for the count, not a "
    "prediction of retraining: a real effect is dealt out, too, and raises it.",
    "p": "Share of these relabellings with at least as many PIEs as were found. Small: the two populations are not "
    "interchangeable. It says nothing of the size of the effect. Near 1 it does not mean that compression removed PIEs.",
    "Excess PIEs": "PIEs between disjoint sets of reference and compressed networks, beyond those between two "
    "sets of one population: the primary estimate of how many compression made, with its 95 % interval.",
    "Not worse, equivalent": "p-values of the claims that accuracy fell by less than the margin, and that it changed by "
    "less than the margin in either direction. Small: the claim is shown.",
    "Likely forgotten": "The example's error rate rose by more than the stated amount with a posterior probability of at least 0.9 "
    "(empirical Bayes).",
    "Paired": "The networks of both populations are matched replicates: same seed, same order of the data. Otherwise the design "
    "is unpaired.",
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
    "Paired, welch, hooker": "Tests of a class: paired t test (matched replicates), Welch's t test, and the published form, "
    "Welch's t test after a shift by the population's mean accuracy, uncorrected. The design decides which one is the default.",
}
