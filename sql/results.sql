-- What analyze found: a table per topic, or several that begin with its name. Nothing here is input: a study of an older version
-- loses its results when it is opened, and gets these tables.

create schema results;

create table results.runs (
    run_id integer not null,
    topic text not null,
    settings json not null,
    seed bigint not null,
    version text not null,
    input_digest text not null,
    finished_at timestamptz not null
);
comment on table results.runs is 'One row per topic: the run of analyze that its result rows came from.';
comment on column results.runs.topic is 'name of the result table';
comment on column results.runs.settings is 'what the run was asked for, as JSON';
comment on column results.runs.input_digest is 'digest of the predictions that went in: results with another digest than the study has now are stale';
comment on column results.runs.finished_at is 'when the rows were stored';

create table results.accuracy (
    run_id integer not null,
    population text not null,
    dataset text not null,
    role text not null,
    reference text,
    regime text,
    method text,
    sparsity double,
    bits integer,
    evidence text not null,
    n_models integer not null,
    n_examples integer not null,
    top1_mean double,
    top1_sd double,
    top5_mean double,
    top5_sd double,
    loss_mean double,
    loss_sd double,
    brier_mean double,
    brier_sd double,
    ece_mean double,
    ece_sd double,
    ece_equal_width_mean double,
    ece_equal_width_sd double,
    kappa double,
    churn double,
    n_tied integer not null,
    n_near_ties integer
);
comment on table results.accuracy is 'One row per population and data set: accuracy, calibration and agreement of its networks.';
comment on column results.accuracy.top1_sd is 'standard deviation over networks, n − 1';
comment on column results.accuracy.top5_mean is 'null where the evidence holds no ranks';
comment on column results.accuracy.loss_mean is 'negative log-likelihood, nats';
comment on column results.accuracy.brier_mean is 'Brier score, in [0, 2]';
comment on column results.accuracy.ece_mean is 'expected calibration error, 15 bins of equal mass';
comment on column results.accuracy.ece_equal_width_mean is 'the same with 15 bins of equal width';
comment on column results.accuracy.kappa is 'Fleiss'' kappa of the predicted labels';
comment on column results.accuracy.churn is 'share of predictions that differ between two networks of the population: the floor of flips';
comment on column results.accuracy.n_tied is 'examples with a tied modal label';
comment on column results.accuracy.n_near_ties is 'sum over networks of evaluations.n_near_ties';

create table results.accuracy_change (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    test text not null,
    n_reference integer not null,
    n_compressed integer not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    margin double not null,
    p_not_worse double,
    p_equivalent double,
    worst_class text,
    worst_class_change double,
    p_worst_class double,
    flag text
);
comment on table results.accuracy_change is 'One row per comparison and data set: change of accuracy, and whether it is within a margin.';
comment on column results.accuracy_change.test is 'paired or welch';
comment on column results.accuracy_change.estimate is 'change of mean accuracy';
comment on column results.accuracy_change.conf_low is '95 % interval of the estimate';
comment on column results.accuracy_change.margin is 'change that still counts as none';
comment on column results.accuracy_change.p_not_worse is 'one-sided: small means that accuracy fell by less than the margin';
comment on column results.accuracy_change.p_equivalent is 'two one-sided tests: small means that it neither fell nor rose by the margin';
comment on column results.accuracy_change.worst_class is 'class for which the fall by less than the margin is least certain';
comment on column results.accuracy_change.worst_class_change is 'change of its recall';
comment on column results.accuracy_change.p_worst_class is 'intersection–union: small means that no class fell by the margin';
comment on column results.accuracy_change.flag is 'why there is no p-value; else null';

create table results.accuracy_on_pies (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    population text not null,
    subset text not null,
    n_examples double not null,
    accuracy_mean double,
    accuracy_sd double
);
comment on table results.accuracy_on_pies is 'One row per comparison, data set, population and subset: accuracy on PIEs that were named without the network in question.';
comment on column results.accuracy_on_pies.population is 'reference or compressed';
comment on column results.accuracy_on_pies.subset is 'pies, non-pies, random (as many examples as there are PIEs) or all';
comment on column results.accuracy_on_pies.n_examples is 'mean over networks';
comment on column results.accuracy_on_pies.accuracy_mean is 'mean over networks; null if the subset is empty';
comment on column results.accuracy_on_pies.accuracy_sd is 'over networks; random: of the draw of examples';

create table results.accuracy_calibration (
    run_id integer not null,
    population text not null,
    dataset text not null,
    bin integer not null,
    n double not null,
    confidence double not null,
    accuracy double not null,
    conf_low double not null,
    conf_high double not null
);
comment on table results.accuracy_calibration is 'One row per population, data set and bin of equal mass: confidence against accuracy, over all networks.';
comment on column results.accuracy_calibration.n is 'examples in the bin, mean over networks';
comment on column results.accuracy_calibration.confidence is 'mean confidence';
comment on column results.accuracy_calibration.accuracy is 'share that is right';
comment on column results.accuracy_calibration.conf_low is 'Wilson interval of one network''s accuracy in the bin';

create table results.pies (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    role text not null,
    regime text,
    method text,
    sparsity double,
    bits integer,
    n_examples integer not null,
    n_reference integer not null,
    n_compressed integer not null,
    n_pairs integer,
    tie_rule text not null,
    n_pies integer not null,
    n_pies_untied integer not null,
    forgotten integer,
    recovered integer,
    moved integer,
    n_pies_std_error double,
    n_pies_conf_low double,
    n_pies_conf_high double,
    n_pies_untied_std_error double,
    n_pies_untied_conf_low double,
    n_pies_untied_conf_high double,
    forgotten_std_error double,
    forgotten_conf_low double,
    forgotten_conf_high double,
    recovered_std_error double,
    recovered_conf_low double,
    recovered_conf_high double,
    moved_std_error double,
    moved_conf_low double,
    moved_conf_high double,
    design text not null,
    n_permutations integer not null,
    is_exact boolean not null,
    null_mean double not null,
    null_sd double,
    null_conf_low double not null,
    null_conf_high double not null,
    null_difference double not null,
    p_value double not null,
    smallest_p double not null,
    taxicab_mean double not null,
    taxicab_null_mean double not null,
    taxicab_p double not null,
    excess_pies double,
    excess_std_error double,
    excess_conf_low double,
    excess_conf_high double,
    excess_set_size integer not null,
    excess_between double,
    excess_reference_baseline double,
    excess_compressed_baseline double,
    excess_flag text,
    split_half_jaccard double,
    baseline_population text,
    baseline_n_networks integer,
    baseline_n_pies double
);
comment on table results.pies is 'One row per comparison and data set: the PIEs and how many there would be if compression did nothing.';
comment on column results.pies.n_pairs is 'matched pairs; null if the design is unpaired';
comment on column results.pies.n_pies_untied is 'PIEs with no tie on either side';
comment on column results.pies.forgotten is 'modal label right before, wrong after; null if the data set has no labels, so are recovered and moved';
comment on column results.pies.n_pies_std_error is 'half-samples of the networks';
comment on column results.pies.n_pies_conf_low is '95 % interval of the expected count, the mean over studies of as many networks';
comment on column results.pies.design is 'paired or unpaired';
comment on column results.pies.n_permutations is 'relabellings drawn, or enumerated if is_exact';
comment on column results.pies.null_mean is 'mean number of PIEs over relabellings, in examples';
comment on column results.pies.null_conf_low is '2.5 % quantile over relabellings';
comment on column results.pies.null_conf_high is '97.5 % quantile over relabellings';
comment on column results.pies.null_difference is 'n_pies minus null_mean';
comment on column results.pies.p_value is 'share of relabellings with at least as many PIEs, the identity counted';
comment on column results.pies.smallest_p is 'smallest p that the design and the number of relabellings allow';
comment on column results.pies.taxicab_mean is 'mean taxicab distance of the votes over all examples, in [0, 2]';
comment on column results.pies.excess_pies is 'PIEs between disjoint sets of dense and compressed networks beyond those within each: the primary estimate';
comment on column results.pies.excess_std_error is 'delete-one jackknife over networks';
comment on column results.pies.excess_conf_low is '95 % interval';
comment on column results.pies.excess_set_size is 'networks in each set';
comment on column results.pies.excess_between is 'PIEs between a dense and a compressed set';
comment on column results.pies.excess_reference_baseline is 'PIEs between two dense sets';
comment on column results.pies.excess_compressed_baseline is 'PIEs between two compressed sets';
comment on column results.pies.excess_flag is 'few-networks: no estimate; no-variance: no interval; else null';
comment on column results.pies.split_half_jaccard is 'overlap of the PIE sets of two disjoint halves of the networks';
comment on column results.pies.baseline_population is 'second dense population of the dense baseline; null: halves of the reference';
comment on column results.pies.baseline_n_networks is 'networks on each side of the dense baseline';
comment on column results.pies.baseline_n_pies is 'PIEs between dense and dense networks';

create table results.pies_by_replicates (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    n_networks integer not null,
    n_pies double not null,
    sd double,
    between double,
    reference_baseline double,
    compressed_baseline double
);
comment on table results.pies_by_replicates is 'One row per comparison, data set and number of networks: how the counts depend on it.';
comment on column results.pies_by_replicates.n_pies is 'mean over draws of as many networks';
comment on column results.pies_by_replicates.sd is 'over draws; null for all networks';
comment on column results.pies_by_replicates.between is 'dense against compressed, disjoint sets';
comment on column results.pies_by_replicates.reference_baseline is 'dense against dense, disjoint sets';
comment on column results.pies_by_replicates.compressed_baseline is 'compressed against compressed, disjoint sets';

create table results.flips (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    n_pairs integer not null,
    harmful double,
    beneficial double,
    wrong_to_wrong double,
    total double not null,
    total_sd double,
    reference_churn double,
    compressed_churn double,
    n_pairs_changed integer
);
comment on table results.flips is 'One row per comparison and data set: share of predictions that differ, mean over pairs of networks.';
comment on column results.flips.n_pairs is 'matched pairs, or all pairs if the design is unpaired';
comment on column results.flips.harmful is 'right to wrong, as a fraction of the labelled examples';
comment on column results.flips.beneficial is 'wrong to right';
comment on column results.flips.wrong_to_wrong is 'wrong to another wrong';
comment on column results.flips.total is 'all that differ, as a fraction of the examples';
comment on column results.flips.total_sd is 'standard deviation of total over pairs';
comment on column results.flips.reference_churn is 'the same between two networks of the reference: the floor';
comment on column results.flips.compressed_churn is 'between two networks of the compressed population';
comment on column results.flips.n_pairs_changed is 'pairs in which harmful and beneficial flips differ in number: McNemar''s exact test at 0.05';

create table results.examples_summary (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    test text not null,
    n_examples integer not null,
    n_tested integer not null,
    n_significant integer not null,
    n_forgotten integer not null,
    n_recovered integer not null,
    n_forgotten_by integer not null,
    n_recovered_by integer not null,
    n_forgotten_westfall_young integer,
    n_recovered_westfall_young integer,
    smallest_p double not null,
    n_attaining integer not null,
    n_needed integer not null,
    is_possible boolean not null,
    replicates_needed integer,
    shift double,
    n_likely_forgotten integer,
    n_likely_recovered integer,
    expected_false double,
    delta double not null,
    flag text
);
comment on table results.examples_summary is 'One row per comparison and data set: how many single examples are really forgotten, and what the number of networks can show.';
comment on column results.examples_summary.test is 'sign or fisher';
comment on column results.examples_summary.n_examples is 'labelled ones';
comment on column results.examples_summary.n_tested is 'those whose margin allows a p small enough (Tarone)';
comment on column results.examples_summary.n_significant is 'p ≤ 0.05, uncorrected';
comment on column results.examples_summary.n_forgotten is 'significant after Benjamini–Hochberg, worse';
comment on column results.examples_summary.n_recovered is 'significant after Benjamini–Hochberg, better';
comment on column results.examples_summary.n_forgotten_by is 'after Benjamini–Yekutieli';
comment on column results.examples_summary.n_forgotten_westfall_young is 'after Westfall–Young';
comment on column results.examples_summary.smallest_p is 'smallest p that the design allows';
comment on column results.examples_summary.n_attaining is 'examples whose margin attains it';
comment on column results.examples_summary.n_needed is 'examples that would have to attain it for them to be significant';
comment on column results.examples_summary.is_possible is 'whether any example can be significant after correction';
comment on column results.examples_summary.replicates_needed is 'networks per population from which one could';
comment on column results.examples_summary.shift is 'empirical Bayes: common shift of the logit of the error rate';
comment on column results.examples_summary.n_likely_forgotten is 'examples whose error rate rose by more than delta with probability ≥ 0.9';
comment on column results.examples_summary.expected_false is 'of these, expected not to have';

create table results.examples (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    example_id integer not null,
    key text not null,
    label integer not null,
    n_right_reference integer not null,
    n_right_compressed integer not null,
    estimate double not null,
    p_value double not null,
    smallest_p double not null,
    p_adjusted double not null,
    p_by double not null,
    p_westfall_young double,
    p_forgotten double,
    p_recovered double,
    posterior_change double
);
comment on table results.examples is 'One row per comparison, data set and example on which the populations differ in how often they are right.';
comment on column results.examples.n_right_reference is 'networks that are right';
comment on column results.examples.estimate is 'change of the share of networks that are right';
comment on column results.examples.p_value is 'exact sign test (paired) or Fisher''s';
comment on column results.examples.smallest_p is 'smallest p that its margin allows';
comment on column results.examples.p_adjusted is 'Benjamini–Hochberg over the examples that pass Tarones filter';
comment on column results.examples.p_by is 'Benjamini–Yekutieli';
comment on column results.examples.p_westfall_young is 'Westfall–Young over relabellings';
comment on column results.examples.p_forgotten is 'posterior probability that the error rate rose by more than delta';
comment on column results.examples.p_recovered is 'that it fell by more than delta';
comment on column results.examples.posterior_change is 'posterior mean change of the error rate';

create table results.classes (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    test text not null,
    is_default boolean not null,
    label integer not null,
    class_name text not null,
    n integer not null,
    estimate double not null,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    p_holm double,
    p_max_t double,
    conf_low double,
    conf_high double,
    effect double,
    effect_conf_low double,
    effect_conf_high double,
    hedges_g double,
    raw_change double not null,
    raw_conf_low double,
    raw_conf_high double,
    raw_p_value double,
    logit_effect double,
    logit_p_value double,
    logit_p_adjusted double,
    flag text
);
comment on table results.classes is 'One row per comparison, data set, test and class: did its recall change otherwise than accuracy?';
comment on column results.classes.test is 'paired, welch or hooker';
comment on column results.classes.is_default is 'whether this is the test that the design calls for';
comment on column results.classes.n is 'examples of the class';
comment on column results.classes.estimate is 'change of recall minus accuracy';
comment on column results.classes.p_adjusted is 'Benjamini–Hochberg over the tested classes; null for hooker, which is published uncorrected';
comment on column results.classes.p_holm is 'Holm';
comment on column results.classes.p_max_t is 'Westfall–Young max-t by sign flips; only paired';
comment on column results.classes.conf_low is '95 % interval of the estimate';
comment on column results.classes.effect is 'change of recall minus accuracy on all other classes';
comment on column results.classes.hedges_g is 'estimate in units of the average sd';
comment on column results.classes.raw_change is 'change of recall';
comment on column results.classes.logit_effect is 'the effect on the logit scale';
comment on column results.classes.logit_p_adjusted is 'Benjamini–Hochberg';
comment on column results.classes.flag is 'why there is no p-value: one-network, no-variance, one-class; else null';

create table results.classes_summary (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    intensification double,
    intensification_std_error double,
    intensification_conf_low double,
    intensification_conf_high double,
    cev double,
    cev_published double,
    cev_conf_low double,
    cev_conf_high double,
    sde double,
    sde_published double,
    sde_conf_low double,
    sde_conf_high double,
    n_classes integer not null,
    n_left_out integer not null,
    flag text,
    cev_flag text,
    sde_flag text
);
comment on table results.classes_summary is 'One row per comparison and data set: do the differences between classes grow?';
comment on column results.classes_summary.intensification is 'slope of the compressed on the dense shifted recalls: above 1 differences grow';
comment on column results.classes_summary.intensification_std_error is 'half-samples';
comment on column results.classes_summary.cev is 'combined error variance, less its bias';
comment on column results.classes_summary.cev_published is 'by the published formula';
comment on column results.classes_summary.sde is 'symmetric distance error, less its bias';
comment on column results.classes_summary.sde_published is 'by the published formula';
comment on column results.classes_summary.n_left_out is 'classes without a relative change: a dense error rate is 0';
comment on column results.classes_summary.flag is 'why there is no slope; else null';
comment on column results.classes_summary.cev_flag is 'why there is no cev; else null';
comment on column results.classes_summary.sde_flag is 'why there is no sde; else null';

create table results.subgroups (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    "group" text not null,
    rate text not null,
    test text not null,
    n bigint not null,
    mean_reference double,
    mean_compressed double,
    relative_change double,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    shifted_estimate double,
    shifted_std_error double,
    shifted_statistic double,
    shifted_df double,
    shifted_p_value double,
    shifted_p_adjusted double,
    shifted_conf_low double,
    shifted_conf_high double,
    modal_reference double,
    modal_reference_conf_low double,
    modal_reference_conf_high double,
    modal_compressed double,
    modal_compressed_conf_low double,
    modal_compressed_conf_high double,
    flag text
);
comment on table results.subgroups is 'One row per comparison, data set, property and group: did its accuracy, or its error rates, change?';
comment on column results.subgroups.property is 'property, or crossing such as sex*age';
comment on column results.subgroups.rate is 'accuracy, false_positive_rate or false_negative_rate';
comment on column results.subgroups.test is 'paired or welch';
comment on column results.subgroups.n is 'examples that the rate counts';
comment on column results.subgroups.mean_reference is 'mean rate of the networks';
comment on column results.subgroups.relative_change is 'mean_compressed / mean_reference − 1';
comment on column results.subgroups.estimate is 'change of the mean rate';
comment on column results.subgroups.p_adjusted is 'Holm, over the groups';
comment on column results.subgroups.conf_low is '95 % interval of the estimate';
comment on column results.subgroups.shifted_estimate is 'change of the rate minus the rate over all examples';
comment on column results.subgroups.shifted_p_adjusted is 'Holm';
comment on column results.subgroups.modal_reference is 'accuracy of the modal label';
comment on column results.subgroups.modal_reference_conf_low is 'exact 95 % interval over examples';
comment on column results.subgroups.flag is 'why there is no p-value: no-examples, one-network, no-variance; else null';

create table results.subgroups_gaps (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    rate text not null,
    test text not null,
    design text not null,
    n_groups integer not null,
    n_permutations integer not null,
    is_exact boolean not null,
    smallest_p double,
    gap_reference double,
    gap_compressed double,
    gap_of_changes_estimate double,
    gap_of_changes_null_mean double,
    gap_of_changes_null_sd double,
    gap_of_changes_null_conf_low double,
    gap_of_changes_null_conf_high double,
    gap_of_changes_p_value double,
    change_of_gap_estimate double,
    change_of_gap_null_mean double,
    change_of_gap_null_sd double,
    change_of_gap_null_conf_low double,
    change_of_gap_null_conf_high double,
    change_of_gap_p_value double,
    worst_reference text,
    worst_compressed text,
    hit_most text,
    flag text
);
comment on table results.subgroups_gaps is 'One row per comparison, data set, property and rate: did compression pull the groups apart?';
comment on column results.subgroups_gaps.test is 'paired or welch';
comment on column results.subgroups_gaps.design is 'paired or unpaired';
comment on column results.subgroups_gaps.gap_reference is 'largest minus smallest mean rate';
comment on column results.subgroups_gaps.gap_of_changes_estimate is 'largest minus smallest change of the groups';
comment on column results.subgroups_gaps.gap_of_changes_null_mean is 'over relabellings: above 0 where nothing happened';
comment on column results.subgroups_gaps.change_of_gap_estimate is 'gap_compressed minus gap_reference';
comment on column results.subgroups_gaps.worst_reference is 'group with the worst mean rate';
comment on column results.subgroups_gaps.hit_most is 'group with the worst change';

create table results.subgroups_pies (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    "group" text not null,
    n bigint not null,
    n_pies bigint not null,
    n_others bigint not null,
    share_pies double,
    share_pies_low double,
    share_pies_high double,
    share_others double,
    share_others_low double,
    share_others_high double,
    risk_ratio double,
    risk_ratio_low double,
    risk_ratio_high double,
    estimate double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.subgroups_pies is 'One row per comparison, data set, property and group: who are the PIEs?';
comment on column results.subgroups_pies.n is 'examples of the group';
comment on column results.subgroups_pies.share_pies is 'share of the PIEs that belong to the group';
comment on column results.subgroups_pies.share_pies_low is 'Wilson 95 % interval; the examples are random';
comment on column results.subgroups_pies.share_others is 'share of the other examples';
comment on column results.subgroups_pies.risk_ratio is 'probability of being a PIE in the group over that outside';
comment on column results.subgroups_pies.estimate is 'share_pies minus share_others';
comment on column results.subgroups_pies.p_value is 'Fisher''s exact test';
comment on column results.subgroups_pies.p_adjusted is 'Holm, over the groups';
comment on column results.subgroups_pies.conf_low is 'Newcombe 95 % interval of the estimate';

create table results.unseen (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    unseen text,
    alteration text,
    severity integer,
    test text not null,
    accuracy_reference double,
    accuracy_compressed double,
    relative_change double,
    relative_change_clean double,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.unseen is 'One row per comparison, clean data set and altered copy: did compression cost more on the copy?';
comment on column results.unseen.unseen is 'the unseen data set; null: the average over all';
comment on column results.unseen.test is 'paired or welch';
comment on column results.unseen.accuracy_reference is 'mean accuracy on the unseen data';
comment on column results.unseen.relative_change is 'compressed / reference − 1';
comment on column results.unseen.relative_change_clean is 'the same on the clean data';
comment on column results.unseen.estimate is 'excess error: change of error there beyond that on clean data';
comment on column results.unseen.p_adjusted is 'Holm, over the unseen data sets';
comment on column results.unseen.conf_low is '95 % interval of the estimate';

create table results.unseen_gaps (
    run_id integer not null,
    population text not null,
    reference text,
    train_dataset text not null,
    dataset text not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.unseen_gaps is 'One row per population or comparison and training data set: accuracy on it beyond accuracy on unseen data.';
comment on column results.unseen_gaps.reference is 'null: the gap itself; else its change from the reference';
comment on column results.unseen_gaps.dataset is 'test data';
comment on column results.unseen_gaps.estimate is 'accuracy on training data minus accuracy on test data';
comment on column results.unseen_gaps.conf_low is '95 % interval of the estimate';

create table results.unseen_regimes (
    run_id integer not null,
    regime_a text not null,
    regime_b text not null,
    population_a text not null,
    population_b text not null,
    dataset text not null,
    design text not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    std_error_networks double,
    std_error_examples double,
    flag text,
    robustness_estimate double,
    robustness_std_error double,
    robustness_statistic double,
    robustness_df double,
    robustness_p_value double,
    robustness_conf_low double,
    robustness_conf_high double,
    robustness_predicted double,
    robustness_slope double,
    robustness_is_slope_fitted boolean,
    robustness_flag text
);
comment on table results.unseen_regimes is 'One row per pair of regimes and unseen data set: does one generalize better?';
comment on column results.unseen_regimes.design is 'paired or unpaired';
comment on column results.unseen_regimes.estimate is 'mean accuracy of a minus that of b';
comment on column results.unseen_regimes.std_error is 'networks and examples random';
comment on column results.unseen_regimes.conf_low is '95 % interval of the estimate';
comment on column results.unseen_regimes.std_error_networks is 'if the examples were fixed';
comment on column results.unseen_regimes.std_error_examples is 'if the networks were fixed';
comment on column results.unseen_regimes.robustness_estimate is 'accuracy of a beyond what its clean accuracy predicts, by a line through the networks of regime b';
comment on column results.unseen_regimes.robustness_slope is 'of the line on the logit scale';
comment on column results.unseen_regimes.robustness_is_slope_fitted is 'false: slope 1 was taken';

create table results.properties (
    run_id integer not null,
    population text not null,
    dataset text not null,
    property text not null,
    example_id integer not null,
    key text not null,
    value double not null
);
comment on table results.properties is 'One row per population, data set, property and example: what its networks say of the example.';
comment on column results.properties.value is 'mean over the networks, or of their mean probabilities or votes; booleans are 0 and 1';

create table results.properties_summary (
    run_id integer not null,
    population text,
    dataset text not null,
    property text not null,
    source text not null,
    n bigint not null,
    mean double,
    sd double,
    minimum double,
    median double,
    maximum double,
    flag text
);
comment on table results.properties_summary is 'One row per population, data set and property, measured or not.';
comment on column results.properties_summary.population is 'null: measured outside';
comment on column results.properties_summary.source is 'networks, or where an outside property came from';
comment on column results.properties_summary.n is 'examples that have a value';
comment on column results.properties_summary.flag is 'why there is nothing: not-recorded, training-examples, no-labels, one-network; else null';

create table results.properties_groups (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    source text not null,
    "group" text not null,
    n bigint not null,
    mean double,
    sd double,
    q05 double,
    q25 double,
    q50 double,
    q75 double,
    q95 double
);
comment on table results.properties_groups is 'One row per comparison, data set, property and group of examples: what the forgotten ones are like.';
comment on column results.properties_groups.source is 'population that it was measured on, or where an outside property came from';
comment on column results.properties_groups."group" is 'forgotten, recovered, moved (PIEs by direction; pie without labels) or other';
comment on column results.properties_groups.n is 'examples of the group that have a value';
comment on column results.properties_groups.q05 is 'quantile';

create table results.properties_planted (
    run_id integer not null,
    population text not null,
    dataset text not null,
    source text not null,
    n bigint not null,
    n_planted bigint not null,
    prevalence double,
    auc double,
    average_precision double,
    n_issues bigint,
    precision double,
    recall double,
    flag text
);
comment on table results.properties_planted is 'One row per population and copy with replaced labels: is label noise found where it was planted?';
comment on column results.properties_planted.dataset is 'the copy';
comment on column results.properties_planted.source is 'the data set with the labels as they were';
comment on column results.properties_planted.n is 'labelled examples';
comment on column results.properties_planted.n_planted is 'whose label was replaced';
comment on column results.properties_planted.prevalence is 'n_planted / n: the average precision of no knowledge';
comment on column results.properties_planted.auc is 'probability that label_noise is larger where a label was replaced';
comment on column results.properties_planted.n_issues is 'labels that is_label_issue calls wrong';
comment on column results.properties_planted.precision is 'share of these that were replaced';
comment on column results.properties_planted.recall is 'share of the replaced ones that are among them';
comment on column results.properties_planted.flag is 'why there are no scores: nothing-planted; else null';

create table results.characterize (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    design text not null,
    measured_on text,
    term text not null,
    n bigint,
    n_missing bigint,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    odds_ratio double,
    odds_ratio_conf_low double,
    odds_ratio_conf_high double,
    std_error_networks double,
    std_error_information double,
    marginal_effect double,
    marginal_effect_std_error double,
    vif double,
    flag text
);
comment on table results.characterize is 'One row per comparison, data set and term of the primary model: which properties make compression hurt more, at equal difficulty?';
comment on column results.characterize.design is 'paired or unpaired';
comment on column results.characterize.measured_on is 'population that the properties come from; cross-fitted: halves of the reference; outside: none from networks';
comment on column results.characterize.term is '(compression): where all properties are at their mean; else a property';
comment on column results.characterize.n is 'informative examples: some network right and some wrong';
comment on column results.characterize.n_missing is 'examples left out because a property is missing';
comment on column results.characterize.p_adjusted is 'Benjamini–Hochberg, over the properties';
comment on column results.characterize.conf_low is '95 % interval of the estimate';
comment on column results.characterize.odds_ratio is 'exp(estimate)';
comment on column results.characterize.std_error_networks is 'for other networks on the same examples; std_error is for other examples too';
comment on column results.characterize.std_error_information is 'networks taken as independent, for comparison';
comment on column results.characterize.marginal_effect is 'change of the accuracy of a compressed network per standard deviation';
comment on column results.characterize.vif is 'variance inflation factor';
comment on column results.characterize.flag is 'why there is no fit or no error, or what makes it doubtful; else null';

create table results.characterize_pies (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    outcome text not null,
    side text not null,
    model text not null,
    property text not null,
    measured_on text,
    set_size bigint,
    n bigint,
    n_events bigint,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    odds_ratio double,
    odds_ratio_conf_low double,
    odds_ratio_conf_high double,
    marginal_effect double,
    marginal_effect_std_error double,
    vif double,
    n_missing bigint,
    flag text
);
comment on table results.characterize_pies is 'One row per comparison, data set, outcome, side, model and property: logistic regression of PIEs, beside the same for dense-against-dense PIEs.';
comment on column results.characterize_pies.outcome is 'pie or forgotten';
comment on column results.characterize_pies.side is 'compressed, baseline (dense against dense), difference: over disjoint sets of networks; plain: the published form, all networks, examples random';
comment on column results.characterize_pies.model is 'joint or alone';
comment on column results.characterize_pies.measured_on is 'as in results.characterize';
comment on column results.characterize_pies.set_size is 'networks behind each modal label; null: all';
comment on column results.characterize_pies.n_events is 'PIEs';
comment on column results.characterize_pies.p_adjusted is 'Benjamini–Hochberg, within side and model';
comment on column results.characterize_pies.conf_low is '95 % interval of the estimate';
comment on column results.characterize_pies.odds_ratio is 'exp(estimate)';
comment on column results.characterize_pies.marginal_effect is 'change of the probability of being a PIE per standard deviation';
comment on column results.characterize_pies.n_missing is 'examples left out because a property is missing';
comment on column results.characterize_pies.flag is 'separated with an estimate: Firth''s fit; else as in results.characterize';

create table results.characterize_scores (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    question text not null,
    alone text,
    score text not null,
    n_events bigint,
    chance double,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.characterize_scores is 'One row per comparison, data set, score and question: do properties predict which examples are PIEs?';
comment on column results.characterize_scores.question is 'compressed, compressed-alone (one property), baseline (dense against dense), beyond-alone, beyond-baseline';
comment on column results.characterize_scores.alone is 'the one property';
comment on column results.characterize_scores.score is 'auc or average_precision, out of fold';
comment on column results.characterize_scores.chance is 'what no knowledge gives';
comment on column results.characterize_scores.conf_low is '95 % interval of the estimate';

create table results.characterize_shapes (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    model text not null,
    value double,
    estimate double,
    std_error double,
    conf_low double,
    conf_high double,
    odds_ratio double,
    odds_ratio_conf_low double,
    odds_ratio_conf_high double,
    flag text
);
comment on table results.characterize_shapes is 'One row per comparison, data set, property, model and point: the shape of an effect.';
comment on column results.characterize_shapes.model is 'conditional (primary model); compressed, baseline: PIEs of one split into disjoint sets of networks, against dense ones for the baseline';
comment on column results.characterize_shapes.value is 'of the property; null where there is no curve, and flag says why';
comment on column results.characterize_shapes.estimate is 'log odds (ratio), less that at the median';
comment on column results.characterize_shapes.conf_low is '95 % interval of the estimate';
comment on column results.characterize_shapes.odds_ratio is 'exp(estimate)';

create table results.characterize_calibration (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    bin integer not null,
    n bigint not null,
    predicted double not null,
    observed double not null,
    conf_low double,
    conf_high double
);
comment on table results.characterize_calibration is 'One row per comparison, data set and bin: predicted probability of being a PIE against the share that are.';
comment on column results.characterize_calibration.predicted is 'mean out-of-fold probability';
comment on column results.characterize_calibration.observed is 'share of PIEs';
comment on column results.characterize_calibration.conf_low is 'Wilson 95 % interval; the examples are random';

create table results.regimes (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    regime_a text not null,
    regime_b text not null,
    reference_a text not null,
    compressed_a text not null,
    reference_b text not null,
    compressed_b text not null,
    design text not null,
    difficulty text,
    estimate double,
    std_error double,
    conf_low double,
    conf_high double,
    p_value double,
    raw double,
    attenuation double,
    covariance double,
    variance_a double,
    variance_b double,
    p_change_a double,
    p_change_b double,
    n_networks integer,
    flag text,
    pies_estimate double,
    pies_conf_low double,
    pies_conf_high double,
    pies_raw double,
    pies_attenuation double,
    pies_set_size integer,
    pies_flag text,
    baseline_estimate double,
    baseline_conf_low double,
    baseline_conf_high double,
    baseline_flag text,
    n_pies_a bigint,
    n_pies_b bigint,
    n_both bigint,
    n_both_conf_low double,
    n_both_conf_high double,
    null_mean double,
    null_conf_low double,
    null_conf_high double,
    overlap_above_null double,
    overlap_p double,
    overlap_p_either double,
    jaccard double,
    kappa double,
    expected double
);
comment on table results.regimes is 'One row per data set, compression and pair of regimes: are the same examples lost?';
comment on column results.regimes.compression is 'what was done to the networks of both regimes: method, sparsity, bits';
comment on column results.regimes.design is 'matched: replicates have the same names in both regimes; else unmatched';
comment on column results.regimes.difficulty is 'what was taken off besides class: held-out (second dense populations), half (half of the networks), or null: nothing';
comment on column results.regimes.estimate is 'correlation of the change in error rate, corrected for noise';
comment on column results.regimes.conf_low is '95 % interval of the estimate';
comment on column results.regimes.p_value is 'of no correlation';
comment on column results.regimes.raw is 'correlation of the mean changes as they are';
comment on column results.regimes.attenuation is 'what raw would be if the estimate were 1';
comment on column results.regimes.p_change_a is 'does compression change error rates in a at all?';
comment on column results.regimes.n_networks is 'of the smallest population';
comment on column results.regimes.pies_estimate is 'correlation of PIE indicators, corrected for noise';
comment on column results.regimes.pies_set_size is 'networks behind each modal label';
comment on column results.regimes.baseline_estimate is 'the same of dense-against-dense PIEs';
comment on column results.regimes.n_both is 'examples that are PIEs in both';
comment on column results.regimes.n_both_conf_low is '95 % interval from half-samples';
comment on column results.regimes.null_mean is 'n_both when both regimes are relabelled';
comment on column results.regimes.overlap_above_null is 'n_both − null_mean';
comment on column results.regimes.overlap_p is 'of the relabelling of both';
comment on column results.regimes.overlap_p_either is 'the larger of two: one relabelled, the other as it is';
comment on column results.regimes.expected is 'n_both if independent';

create table results.regimes_counts (
    run_id integer not null,
    dataset text not null,
    regime_a text not null,
    regime_b text not null,
    compression text not null,
    equal text not null,
    measure text not null,
    sparsity_a double,
    sparsity_b double,
    n_networks integer,
    loss_a double,
    loss_b double,
    count_a double,
    count_b double,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.regimes_counts is 'One row per data set, pair of regimes, measure and way of matching: does one regime lose more examples?';
comment on column results.regimes_counts.compression is 'of a; for b the same, or its ladder of sparsities where the loss is equal';
comment on column results.regimes_counts.equal is 'compression; points: loss of accuracy; relative: rise of the error rate';
comment on column results.regimes_counts.measure is 'excess (PIEs) or forgotten';
comment on column results.regimes_counts.sparsity_b is 'interpolated where the loss is equal';
comment on column results.regimes_counts.n_networks is 'per population';
comment on column results.regimes_counts.loss_a is 'fall of accuracy, a fraction (relative: rise of the error rate as a share)';
comment on column results.regimes_counts.conf_low is '95 % interval of the estimate';
comment on column results.regimes_counts.flag is 'few-networks, no-errors, extrapolation, indistinguishable, no-variance; else null';

create table results.regimes_coefficients (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    regime_a text not null,
    regime_b text not null,
    effect text not null,
    term text not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    df_residual double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.regimes_coefficients is 'One row per data set, compression, pair of regimes, effect and property: which properties matter more in which regime?';
comment on column results.regimes_coefficients.compression is 'what was done to the networks of both regimes: method, sparsity, bits';
comment on column results.regimes_coefficients.effect is 'log odds ratio, or marginal effect on accuracy: logit coefficients are not comparable across noise levels';
comment on column results.regimes_coefficients.term is 'property; (joint): all of them at once';
comment on column results.regimes_coefficients.flag is 'different-properties (the models do not have the same, or not from the same kind of networks), few-networks, unstable, singular, no-variance; else null';
comment on column results.regimes_coefficients.df_residual is 'of the joint F test';
comment on column results.regimes_coefficients.p_adjusted is 'Holm, over the properties';
comment on column results.regimes_coefficients.conf_low is '95 % interval of the estimate';

create table results.regimes_transitions (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    "group" text not null,
    regime text,
    n bigint not null,
    expected double,
    conf_low double,
    conf_high double
);
comment on table results.regimes_transitions is 'One row per data set, compression and group of regimes: how many examples are lost in all, in one only, in none?';
comment on column results.regimes_transitions."group" is 'all, only (one regime), several, none';
comment on column results.regimes_transitions.regime is 'the one regime';
comment on column results.regimes_transitions.expected is 'mean over relabellings of all regimes';
comment on column results.regimes_transitions.conf_low is 'central 95 % of relabellings';

create table results.regimes_examples (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    example_id integer not null,
    key text not null,
    label integer,
    n_regimes integer not null,
    regimes text not null,
    "group" text not null
);
comment on table results.regimes_examples is 'One row per data set, compression and example that some regime lost.';
comment on column results.regimes_examples.n_regimes is 'that lost it';
comment on column results.regimes_examples.regimes is 'their names';
comment on column results.regimes_examples."group" is 'all, only or several';

create table results.regimes_theory (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    regime text,
    property text not null,
    difficulty text,
    r2_without double,
    r2_with double,
    variance double,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.regimes_theory is 'One row per comparison, data set and theory: does a hypothesis explain which examples become harder?';
comment on column results.regimes_theory.property is 'the hypothesis, as a property';
comment on column results.regimes_theory.difficulty is 'as in results.regimes';
comment on column results.regimes_theory.r2_without is 'out-of-fold R² of the change in error rate by difficulty and class';
comment on column results.regimes_theory.r2_with is 'with the hypothesis';
comment on column results.regimes_theory.variance is 'of the expected change';
comment on column results.regimes_theory.conf_low is '95 % interval of the estimate';

create table results.power (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    question text not null,
    design text not null,
    n_networks integer not null,
    spread double,
    difference double,
    power double,
    replicates_needed integer,
    detectable double,
    flag text
);
comment on table results.power is 'One row per comparison, data set and question: how many networks would answer it?';
comment on column results.power.design is 'paired or unpaired';
comment on column results.power.n_networks is 'per population, at hand';
comment on column results.power.spread is 'standard deviation over networks (of differences if paired); excess: standard error';
comment on column results.power.difference is 'what is to be found';
comment on column results.power.power is 'that the networks needed give';
comment on column results.power.replicates_needed is 'per population; null if it cannot be said';
comment on column results.power.detectable is 'smallest difference that the networks at hand find with power 0.8';
comment on column results.power.flag is 'why replicates_needed is null: no-difference, no-variance, one-network, too-many-networks; else null';
