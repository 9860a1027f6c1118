-- What analyze found: a table per topic, or several that begin with its name. Made by docs/generate.py of what is
-- declared in pietools/topics/*/tables.py. Nothing here is input: a study whose results are of other tables loses them, and
-- gets these.

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
comment on table results.runs is 'One row per result table: the run of analyze that its rows came from.';
comment on column results.runs.run_id is 'number of the run, from 1';
comment on column results.runs.topic is 'name of the result table';
comment on column results.runs.settings is 'what the run was asked for, as JSON';
comment on column results.runs.seed is 'seed of all that was random';
comment on column results.runs.version is 'of pietools';
comment on column results.runs.input_digest is 'digest of the predictions: results of another one than the study has now are stale';
comment on column results.runs.finished_at is 'when the rows were stored';

create table results.accuracy (
    run_id integer not null,
    population text not null,
    dataset text not null,
    role text not null,
    regime text,
    method text,
    sparsity double,
    bits integer,
    reference text,
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
comment on column results.accuracy.run_id is 'the run that it came from, in results.runs';
comment on column results.accuracy.population is 'population of networks';
comment on column results.accuracy.dataset is 'data set';
comment on column results.accuracy.role is 'dense, compressed or control';
comment on column results.accuracy.regime is 'how the networks were trained';
comment on column results.accuracy.method is 'how they were compressed, or which control they are';
comment on column results.accuracy.sparsity is 'fraction of zero weights that was asked for';
comment on column results.accuracy.bits is 'bits per weight';
comment on column results.accuracy.reference is 'population that it is compared with';
comment on column results.accuracy.evidence is 'what is known of each prediction: logits, log-odds, top-k, probabilities or labels';
comment on column results.accuracy.n_models is 'networks';
comment on column results.accuracy.n_examples is 'examples';
comment on column results.accuracy.top1_mean is 'top-1 accuracy; null without labels, mean over networks';
comment on column results.accuracy.top1_sd is 'its standard deviation over networks, n − 1';
comment on column results.accuracy.top5_mean is 'top-5 accuracy; null where the evidence holds no ranks, mean over networks';
comment on column results.accuracy.top5_sd is 'its standard deviation over networks, n − 1';
comment on column results.accuracy.loss_mean is 'negative log-likelihood, nats, mean over networks';
comment on column results.accuracy.loss_sd is 'its standard deviation over networks, n − 1';
comment on column results.accuracy.brier_mean is 'Brier score, in [0, 2], mean over networks';
comment on column results.accuracy.brier_sd is 'its standard deviation over networks, n − 1';
comment on column results.accuracy.ece_mean is 'expected calibration error, 15 bins of equal mass, mean over networks';
comment on column results.accuracy.ece_sd is 'its standard deviation over networks, n − 1';
comment on column results.accuracy.ece_equal_width_mean is 'the same with 15 bins of equal width, mean over networks';
comment on column results.accuracy.ece_equal_width_sd is 'its standard deviation over networks, n − 1';
comment on column results.accuracy.kappa is 'Fleiss'' kappa of the predicted labels';
comment on column results.accuracy.churn is 'share of predictions that differ between two networks: the floor of flips';
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
    p_holm double,
    margin double not null,
    p_not_worse double,
    p_equivalent double,
    worst_class text,
    worst_class_change double,
    p_worst_class double,
    flag text
);
comment on table results.accuracy_change is 'One row per comparison and data set: change of accuracy, and whether it is within a margin.';
comment on column results.accuracy_change.run_id is 'the run that it came from, in results.runs';
comment on column results.accuracy_change.reference is 'population that the compressed one is compared with';
comment on column results.accuracy_change.compressed is 'compressed population, or control';
comment on column results.accuracy_change.dataset is 'data set';
comment on column results.accuracy_change.test is 't test of the pairs (paired) or Welch''s (welch)';
comment on column results.accuracy_change.n_reference is 'networks of the reference';
comment on column results.accuracy_change.n_compressed is 'networks of the compressed population';
comment on column results.accuracy_change.estimate is 'change of mean accuracy';
comment on column results.accuracy_change.std_error is 'standard error of the estimate';
comment on column results.accuracy_change.statistic is 'estimate / std_error';
comment on column results.accuracy_change.df is 'degrees of freedom';
comment on column results.accuracy_change.p_value is 'two-sided, of no effect';
comment on column results.accuracy_change.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.accuracy_change.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.accuracy_change.p_holm is 'p_value adjusted over the comparisons of compressed populations on the data set (Holm); null for controls';
comment on column results.accuracy_change.margin is 'change that still counts as none, a fraction';
comment on column results.accuracy_change.p_not_worse is 'one-sided: small means that accuracy fell by less than the margin';
comment on column results.accuracy_change.p_equivalent is 'two one-sided tests: small means that it neither fell nor rose by the margin';
comment on column results.accuracy_change.worst_class is 'class for which the fall by less than the margin is least certain';
comment on column results.accuracy_change.worst_class_change is 'change of its recall';
comment on column results.accuracy_change.p_worst_class is 'intersection–union: small means that no class fell by the margin';
comment on column results.accuracy_change.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.accuracy_on_pies.run_id is 'the run that it came from, in results.runs';
comment on column results.accuracy_on_pies.reference is 'population that the compressed one is compared with';
comment on column results.accuracy_on_pies.compressed is 'compressed population, or control';
comment on column results.accuracy_on_pies.dataset is 'data set';
comment on column results.accuracy_on_pies.population is 'reference or compressed';
comment on column results.accuracy_on_pies.subset is 'pies, non-pies, random (as many examples as there are PIEs) or all';
comment on column results.accuracy_on_pies.n_examples is 'examples of the subset, mean over networks';
comment on column results.accuracy_on_pies.accuracy_mean is 'mean over networks; null if the subset is empty';
comment on column results.accuracy_on_pies.accuracy_sd is 'standard deviation over networks; random: of the draw of examples';

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
comment on column results.accuracy_calibration.run_id is 'the run that it came from, in results.runs';
comment on column results.accuracy_calibration.population is 'population of networks';
comment on column results.accuracy_calibration.dataset is 'data set';
comment on column results.accuracy_calibration.bin is 'number of the bin, from the least confident';
comment on column results.accuracy_calibration.n is 'examples in the bin, mean over networks';
comment on column results.accuracy_calibration.confidence is 'mean confidence';
comment on column results.accuracy_calibration.accuracy is 'share that is right';
comment on column results.accuracy_calibration.conf_low is 'lower end of the Wilson interval of one network''s accuracy';
comment on column results.accuracy_calibration.conf_high is 'upper end of the Wilson interval of one network''s accuracy';

create table results.pairs (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    reference_network text,
    compressed_network text,
    n integer not null,
    n_unlabelled integer not null,
    reference_accuracy double,
    compressed_accuracy double,
    estimate double,
    conf_low double,
    conf_high double,
    lost integer,
    gained integer,
    changed_wrong integer,
    agree integer not null,
    churn double not null,
    p_one_sided double,
    p_better double,
    p_two_sided double,
    p_mid double,
    margin double not null,
    p_worse double,
    p_within double,
    verdict text,
    n_needed integer,
    detectable double
);
comment on table results.pairs is 'One row per comparison, data set and pair of networks, where a side has a single network: what changed between the two, on these examples and more like them.';
comment on column results.pairs.run_id is 'the run that it came from, in results.runs';
comment on column results.pairs.reference is 'population that the compressed one is compared with';
comment on column results.pairs.compressed is 'compressed population, or control';
comment on column results.pairs.dataset is 'data set';
comment on column results.pairs.reference_network is 'replicate of the reference; null if it has no name';
comment on column results.pairs.compressed_network is 'replicate of the compressed network; likewise';
comment on column results.pairs.n is 'examples';
comment on column results.pairs.n_unlabelled is 'those without a given label';
comment on column results.pairs.reference_accuracy is 'of the labelled examples; null without labels, as all that needs them';
comment on column results.pairs.compressed_accuracy is 'likewise';
comment on column results.pairs.estimate is 'change of accuracy';
comment on column results.pairs.conf_low is 'lower end of the 95 % interval of the change: Tango''s score interval';
comment on column results.pairs.conf_high is 'upper end of the 95 % interval of the change: Tango''s score interval';
comment on column results.pairs.lost is 'right before, wrong now';
comment on column results.pairs.gained is 'wrong before, right now';
comment on column results.pairs.changed_wrong is 'from wrong to another wrong';
comment on column results.pairs.agree is 'the same answer';
comment on column results.pairs.churn is 'share of examples whose answer changed';
comment on column results.pairs.p_one_sided is 'exact McNemar: more lost than gained';
comment on column results.pairs.p_better is 'the same of the other direction';
comment on column results.pairs.p_two_sided is 'that they differ';
comment on column results.pairs.p_mid is 'two-sided mid-p';
comment on column results.pairs.margin is 'largest fall of accuracy that would not matter, a fraction';
comment on column results.pairs.p_worse is 'small: accuracy fell by more than the margin';
comment on column results.pairs.p_within is 'small: it fell by less, or rose';
comment on column results.pairs.verdict is 'worse, within or cannot-say';
comment on column results.pairs.n_needed is 'examples of this kind that would tell in 80 % of samples; null where the answer is known';
comment on column results.pairs.detectable is 'smallest fall that so many examples show with 80 % power';

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
    pairing text not null,
    n_permutations integer,
    is_exact boolean,
    null_mean double,
    null_sd double,
    null_conf_low double,
    null_conf_high double,
    null_difference double,
    p_value double,
    smallest_p double,
    null_flag text,
    p_holm double,
    excess_pies double,
    excess_std_error double,
    excess_conf_low double,
    excess_conf_high double,
    excess_set_size integer not null,
    excess_between double,
    excess_reference_baseline double,
    excess_compressed_baseline double,
    excess_flag text
);
comment on table results.pies is 'One row per comparison and data set: the PIEs, how many there are after shuffling dense and compressed networks, and how many compression made.';
comment on column results.pies.run_id is 'the run that it came from, in results.runs';
comment on column results.pies.reference is 'population that the compressed one is compared with';
comment on column results.pies.compressed is 'compressed population, or control';
comment on column results.pies.dataset is 'data set';
comment on column results.pies.role is 'dense, compressed or control';
comment on column results.pies.regime is 'how the networks were trained';
comment on column results.pies.method is 'how they were compressed, or which control they are';
comment on column results.pies.sparsity is 'fraction of zero weights that was asked for';
comment on column results.pies.bits is 'bits per weight';
comment on column results.pies.n_examples is 'examples';
comment on column results.pies.n_reference is 'networks of the reference';
comment on column results.pies.n_compressed is 'networks of the compressed population';
comment on column results.pies.n_pairs is 'matched pairs of networks; null if unpaired';
comment on column results.pies.tie_rule is 'which of several modal labels counts';
comment on column results.pies.n_pies is 'examples whose modal labels differ';
comment on column results.pies.n_pies_untied is 'PIEs with no tie on either side';
comment on column results.pies.forgotten is 'modal label right before, wrong after; null without labels';
comment on column results.pies.recovered is 'wrong before, right after; null without labels';
comment on column results.pies.moved is 'from wrong to another wrong; null without labels';
comment on column results.pies.pairing is 'paired: the replicates match; else unpaired';
comment on column results.pies.n_permutations is 'relabellings drawn, or enumerated if is_exact';
comment on column results.pies.is_exact is 'whether all relabellings were enumerated';
comment on column results.pies.null_mean is 'mean of the number of PIEs over relabellings';
comment on column results.pies.null_sd is 'standard deviation over relabellings';
comment on column results.pies.null_conf_low is '2.5 % quantile over relabellings';
comment on column results.pies.null_conf_high is '97.5 % quantile over relabellings';
comment on column results.pies.null_difference is 'n_pies minus null_mean';
comment on column results.pies.p_value is 'share of relabellings with at least as many PIEs, the identity counted';
comment on column results.pies.smallest_p is 'smallest p that the pairing and the number of relabellings allow';
comment on column results.pies.null_flag is 'why there is no null distribution (one-network); else null';
comment on column results.pies.p_holm is 'p_value adjusted over the comparisons of compressed populations on the data set (Holm); null for controls';
comment on column results.pies.excess_pies is 'PIEs between disjoint sets of dense and compressed networks beyond those within each: the primary estimate';
comment on column results.pies.excess_std_error is 'delete-one jackknife over networks';
comment on column results.pies.excess_conf_low is 'lower end of its 95 % interval';
comment on column results.pies.excess_conf_high is 'upper end of its 95 % interval';
comment on column results.pies.excess_set_size is 'networks in each of the disjoint sets';
comment on column results.pies.excess_between is 'PIEs between a dense and a compressed set';
comment on column results.pies.excess_reference_baseline is 'PIEs between two dense sets';
comment on column results.pies.excess_compressed_baseline is 'PIEs between two compressed sets';
comment on column results.pies.excess_flag is 'why there is no excess, or no interval of it; else null';

create table results.pies_counts (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    count text not null,
    estimate integer,
    std_error double,
    conf_low double,
    conf_high double
);
comment on table results.pies_counts is 'One row per comparison, data set and count: a count of PIEs with its error, from half-samples of the networks.';
comment on column results.pies_counts.run_id is 'the run that it came from, in results.runs';
comment on column results.pies_counts.reference is 'population that the compressed one is compared with';
comment on column results.pies_counts.compressed is 'compressed population, or control';
comment on column results.pies_counts.dataset is 'data set';
comment on column results.pies_counts.count is 'n_pies, n_pies_untied, forgotten, recovered or moved';
comment on column results.pies_counts.estimate is 'the count; null without labels';
comment on column results.pies_counts.std_error is 'standard error of the count, from half-samples';
comment on column results.pies_counts.conf_low is 'lower end of the 95 % interval of the expected count, the mean over studies of as many networks';
comment on column results.pies_counts.conf_high is 'upper end of the 95 % interval of the expected count, the mean over studies of as many networks';

create table results.pies_stability (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    split_half_jaccard double,
    baseline_population text,
    baseline_n_networks integer,
    baseline_n_pies double,
    taxicab_mean double not null,
    taxicab_null_mean double not null,
    taxicab_p double not null
);
comment on table results.pies_stability is 'One row per comparison and data set: would other networks name the same PIEs, and how many do dense networks have against each other?';
comment on column results.pies_stability.run_id is 'the run that it came from, in results.runs';
comment on column results.pies_stability.reference is 'population that the compressed one is compared with';
comment on column results.pies_stability.compressed is 'compressed population, or control';
comment on column results.pies_stability.dataset is 'data set';
comment on column results.pies_stability.split_half_jaccard is 'overlap of the PIE sets of two disjoint halves of the networks';
comment on column results.pies_stability.baseline_population is 'second dense population of the dense baseline; null: halves of the reference';
comment on column results.pies_stability.baseline_n_networks is 'networks on each side of the dense baseline';
comment on column results.pies_stability.baseline_n_pies is 'PIEs between dense and dense networks';
comment on column results.pies_stability.taxicab_mean is 'mean taxicab distance of the votes over all examples, in [0, 2]';
comment on column results.pies_stability.taxicab_null_mean is 'the same over relabellings';
comment on column results.pies_stability.taxicab_p is 'share of relabellings with at least that distance';

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
comment on column results.pies_by_replicates.run_id is 'the run that it came from, in results.runs';
comment on column results.pies_by_replicates.reference is 'population that the compressed one is compared with';
comment on column results.pies_by_replicates.compressed is 'compressed population, or control';
comment on column results.pies_by_replicates.dataset is 'data set';
comment on column results.pies_by_replicates.n_networks is 'networks of each population';
comment on column results.pies_by_replicates.n_pies is 'PIEs, mean over draws of as many networks';
comment on column results.pies_by_replicates.sd is 'standard deviation over draws; null for all networks';
comment on column results.pies_by_replicates.between is 'dense against compressed, disjoint sets';
comment on column results.pies_by_replicates.reference_baseline is 'dense against dense, disjoint sets';
comment on column results.pies_by_replicates.compressed_baseline is 'compressed against compressed, disjoint sets';

create table results.flips_churn (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    again double,
    replaced double,
    compressed_again double,
    more double,
    more_std_error double,
    more_conf_low double,
    more_conf_high double,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    less_agreement double,
    flag text
);
comment on table results.flips_churn is 'One row per comparison and data set: how many answers change because a compressed network takes the place of a dense one, beyond training again?';
comment on column results.flips_churn.run_id is 'the run that it came from, in results.runs';
comment on column results.flips_churn.reference is 'population that the compressed one is compared with';
comment on column results.flips_churn.compressed is 'compressed population, or control';
comment on column results.flips_churn.dataset is 'data set';
comment on column results.flips_churn.again is 'share of the answers that differ between two networks of the reference';
comment on column results.flips_churn.replaced is 'between a network of the reference and a compressed one that does not match it';
comment on column results.flips_churn.compressed_again is 'between two compressed networks';
comment on column results.flips_churn.more is 'replaced minus again';
comment on column results.flips_churn.more_std_error is 'its standard error';
comment on column results.flips_churn.more_conf_low is 'lower end of its 95 % interval';
comment on column results.flips_churn.more_conf_high is 'upper end of its 95 % interval';
comment on column results.flips_churn.estimate is 'excess churn: the part of more that is answers that moved; the networks are random';
comment on column results.flips_churn.std_error is 'standard error of the estimate';
comment on column results.flips_churn.statistic is 'estimate / std_error';
comment on column results.flips_churn.df is 'degrees of freedom';
comment on column results.flips_churn.p_value is 'two-sided, of no effect';
comment on column results.flips_churn.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.flips_churn.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.flips_churn.less_agreement is 'the other part: compressed networks agree less among themselves';
comment on column results.flips_churn.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.flips.run_id is 'the run that it came from, in results.runs';
comment on column results.flips.reference is 'population that the compressed one is compared with';
comment on column results.flips.compressed is 'compressed population, or control';
comment on column results.flips.dataset is 'data set';
comment on column results.flips.n_pairs is 'matched pairs, or all pairs if unpaired';
comment on column results.flips.harmful is 'right to wrong, as a fraction of the labelled examples';
comment on column results.flips.beneficial is 'wrong to right, likewise';
comment on column results.flips.wrong_to_wrong is 'wrong to another wrong, likewise';
comment on column results.flips.total is 'all that differ, as a fraction of the examples';
comment on column results.flips.total_sd is 'standard deviation of total over pairs';
comment on column results.flips.reference_churn is 'the same between two networks of the reference, which do not match: no floor of matched pairs';
comment on column results.flips.compressed_churn is 'between two networks of the compressed population';
comment on column results.flips.n_pairs_changed is 'pairs in which harmful and beneficial flips differ in number: McNemar''s exact test at 0.05';

create table results.examples_hits (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    method text not null,
    of text,
    delta double,
    delta_reason text,
    n_examples integer not null,
    n_tested integer not null,
    n_unknown integer,
    n_hit integer,
    n_spared integer,
    n_any_change integer,
    n_large_change integer,
    n_sure integer,
    control text,
    control_n_found integer,
    control_n_any_change integer,
    trend_nonlinearity double,
    prior_df double,
    error_reference double,
    error_compressed double,
    hit_error_reference double,
    hit_error_compressed double,
    n_lost integer,
    n_gained integer,
    turned_lost double,
    turned_gained double,
    n_pies integer,
    n_pies_found integer,
    flag text
);
comment on table results.examples_hits is 'One row per comparison and data set: how many examples were hit, more than examples as hard as they.';
comment on column results.examples_hits.run_id is 'the run that it came from, in results.runs';
comment on column results.examples_hits.reference is 'population that the compressed one is compared with';
comment on column results.examples_hits.compressed is 'compressed population, or control';
comment on column results.examples_hits.dataset is 'data set';
comment on column results.examples_hits.method is 'log-odds: moderated t tests beyond the trend; votes: exact tests of right and wrong, where log odds are not known';
comment on column results.examples_hits.of is 'label: log odds of the given label; modal label: of the reference''s, where none is given';
comment on column results.examples_hits.delta is 'change beyond the trend that is ignored, nats; null by votes';
comment on column results.examples_hits.delta_reason is 'why it is 0.5 and not 0.1: few-networks, curved-trend; asked: it was set; else null';
comment on column results.examples_hits.n_examples is 'examples that could be tested or not';
comment on column results.examples_hits.n_tested is 'those whose log odds are known of every network';
comment on column results.examples_hits.n_unknown is 'examples left out: a probability of 0 or 1 that was rounded has no log odds';
comment on column results.examples_hits.n_hit is 'changed for the worse by more than delta, false discovery rate 5 %';
comment on column results.examples_hits.n_spared is 'changed for the better by more than delta, likewise';
comment on column results.examples_hits.n_any_change is 'changed at all beyond the trend, likewise';
comment on column results.examples_hits.n_large_change is 'changed by more than 0.5 nats, likewise';
comment on column results.examples_hits.n_sure is 'local false sign rate at most 5 %';
comment on column results.examples_hits.control is 'second dense population that the reference is compared with, or its own halves';
comment on column results.examples_hits.control_n_found is 'examples found there by the same method and delta: there should be none';
comment on column results.examples_hits.control_n_any_change is 'examples found there to have changed at all';
comment on column results.examples_hits.trend_nonlinearity is 'distance of the trend from a straight line, standard deviation over examples, nats';
comment on column results.examples_hits.prior_df is 'degrees of freedom that the common prior of the variances adds; null if it is all';
comment on column results.examples_hits.error_reference is 'share of wrong answers of reference networks, over the tested examples';
comment on column results.examples_hits.error_compressed is 'the same of compressed networks';
comment on column results.examples_hits.hit_error_reference is 'share of wrong answers of reference networks on the examples that were hit';
comment on column results.examples_hits.hit_error_compressed is 'the same of compressed networks';
comment on column results.examples_hits.n_lost is 'probability at least 0.9 that the error rate rose by more than 0.1';
comment on column results.examples_hits.n_gained is 'probability at least 0.9 that it fell by more than 0.1';
comment on column results.examples_hits.turned_lost is 'expected number of examples whose majority answer would turn from right to wrong with unlimited networks';
comment on column results.examples_hits.turned_gained is 'the same from wrong to right';
comment on column results.examples_hits.n_pies is 'PIEs among the tested examples';
comment on column results.examples_hits.n_pies_found is 'those of them that changed at all beyond the trend';
comment on column results.examples_hits.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.examples_changes (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    example_id integer not null,
    key text not null,
    label integer,
    difficulty double,
    change double,
    trend double,
    estimate double,
    std_error double,
    conf_low double,
    conf_high double,
    p_value double,
    p_adjusted double,
    p_any_change double,
    false_sign_rate double,
    finding text,
    error_reference double,
    error_compressed double,
    p_lost double,
    p_gained double,
    turned text,
    is_pie boolean not null
);
comment on table results.examples_changes is 'One row per comparison, data set and example: how its log odds changed, beyond what happens to examples as hard; every example that was tested.';
comment on column results.examples_changes.run_id is 'the run that it came from, in results.runs';
comment on column results.examples_changes.reference is 'population that the compressed one is compared with';
comment on column results.examples_changes.compressed is 'compressed population, or control';
comment on column results.examples_changes.dataset is 'data set';
comment on column results.examples_changes.example_id is 'position of the example in the data set';
comment on column results.examples_changes.key is 'its name';
comment on column results.examples_changes.label is 'its given label';
comment on column results.examples_changes.difficulty is 'mean log odds over both populations, nats: the smaller, the harder';
comment on column results.examples_changes.change is 'change of its log odds on the common scale, nats';
comment on column results.examples_changes.trend is 'change of examples as hard';
comment on column results.examples_changes.estimate is 'change beyond the trend, nats';
comment on column results.examples_changes.std_error is 'its moderated standard error';
comment on column results.examples_changes.conf_low is 'lower end of its 95 % interval';
comment on column results.examples_changes.conf_high is 'upper end of its 95 % interval';
comment on column results.examples_changes.p_value is 'that it is at most delta in size (TREAT); random: the networks';
comment on column results.examples_changes.p_adjusted is 'p_value adjusted: Benjamini–Hochberg, over the tested examples';
comment on column results.examples_changes.p_any_change is 'that it is 0 (moderated t)';
comment on column results.examples_changes.false_sign_rate is 'probability that it is 0 or has the other sign';
comment on column results.examples_changes.finding is 'hit or spared, at a false discovery rate of 5 %; else null';
comment on column results.examples_changes.error_reference is 'share of reference networks that are expected to be wrong';
comment on column results.examples_changes.error_compressed is 'the same of compressed networks';
comment on column results.examples_changes.p_lost is 'probability that this share rose by more than 0.1';
comment on column results.examples_changes.p_gained is 'probability that it fell by more than 0.1';
comment on column results.examples_changes.turned is 'lost: p_lost at least 0.9; gained: p_gained at least 0.9; else null';
comment on column results.examples_changes.is_pie is 'whether its modal label changed';

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
comment on column results.examples_summary.run_id is 'the run that it came from, in results.runs';
comment on column results.examples_summary.reference is 'population that the compressed one is compared with';
comment on column results.examples_summary.compressed is 'compressed population, or control';
comment on column results.examples_summary.dataset is 'data set';
comment on column results.examples_summary.test is 'exact sign test of the pairs (sign) or Fisher''s exact test (fisher)';
comment on column results.examples_summary.n_examples is 'labelled examples';
comment on column results.examples_summary.n_tested is 'those whose margin allows a p small enough (Tarone)';
comment on column results.examples_summary.n_significant is 'p ≤ 0.05, uncorrected';
comment on column results.examples_summary.n_forgotten is 'significant after Benjamini–Hochberg, worse';
comment on column results.examples_summary.n_recovered is 'significant after Benjamini–Hochberg, better';
comment on column results.examples_summary.n_forgotten_by is 'worse after Benjamini–Yekutieli';
comment on column results.examples_summary.n_recovered_by is 'better after Benjamini–Yekutieli';
comment on column results.examples_summary.n_forgotten_westfall_young is 'worse after Westfall–Young';
comment on column results.examples_summary.n_recovered_westfall_young is 'better after Westfall–Young';
comment on column results.examples_summary.smallest_p is 'smallest p that the pairing allows';
comment on column results.examples_summary.n_attaining is 'examples whose margin attains it';
comment on column results.examples_summary.n_needed is 'examples that would have to attain it for them to be significant';
comment on column results.examples_summary.is_possible is 'whether any example can be significant after correction';
comment on column results.examples_summary.replicates_needed is 'networks per population from which one could';
comment on column results.examples_summary.shift is 'empirical Bayes: common shift of the logit of the error rate';
comment on column results.examples_summary.n_likely_forgotten is 'examples whose error rate rose by more than delta with probability ≥ 0.9';
comment on column results.examples_summary.n_likely_recovered is 'examples whose error rate fell by more than delta with probability ≥ 0.9';
comment on column results.examples_summary.expected_false is 'of the likely ones, expected not to have';
comment on column results.examples_summary.delta is 'rise of the error rate that counts, a fraction';
comment on column results.examples_summary.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on table results.examples is 'One row per comparison, data set and example: examples on which the populations differ in how often they are right.';
comment on column results.examples.run_id is 'the run that it came from, in results.runs';
comment on column results.examples.reference is 'population that the compressed one is compared with';
comment on column results.examples.compressed is 'compressed population, or control';
comment on column results.examples.dataset is 'data set';
comment on column results.examples.example_id is 'position of the example in the data set';
comment on column results.examples.key is 'its name';
comment on column results.examples.label is 'its given label';
comment on column results.examples.n_right_reference is 'networks of the reference that are right';
comment on column results.examples.n_right_compressed is 'compressed networks that are right';
comment on column results.examples.estimate is 'change of the share of networks that are right';
comment on column results.examples.p_value is 'exact sign test (paired) or Fisher''s';
comment on column results.examples.smallest_p is 'smallest p that its margin allows';
comment on column results.examples.p_adjusted is 'Benjamini–Hochberg over the examples that pass Tarone''s filter';
comment on column results.examples.p_by is 'Benjamini–Yekutieli';
comment on column results.examples.p_westfall_young is 'Westfall–Young over relabellings';
comment on column results.examples.p_forgotten is 'posterior probability that the error rate rose by more than delta';
comment on column results.examples.p_recovered is 'posterior probability that it fell by more than delta';
comment on column results.examples.posterior_change is 'posterior mean change of the error rate';

create table results.classes (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    test text not null,
    is_default boolean not null,
    scale text not null,
    label integer not null,
    class_name text not null,
    n integer not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    p_holm double,
    p_max_t double,
    hedges_g double,
    flag text
);
comment on table results.classes is 'One row per comparison, data set, test, scale and class: did its recall change otherwise than accuracy?';
comment on column results.classes.run_id is 'the run that it came from, in results.runs';
comment on column results.classes.reference is 'population that the compressed one is compared with';
comment on column results.classes.compressed is 'compressed population, or control';
comment on column results.classes.dataset is 'data set';
comment on column results.classes.test is 'paired (t test), welch, or hooker (the published form)';
comment on column results.classes.is_default is 'whether this is the test that the pairing calls for';
comment on column results.classes.scale is 'shifted: recall minus accuracy; others: minus accuracy on all other classes; raw: recall; logit: others, in logits';
comment on column results.classes.label is 'class index';
comment on column results.classes.class_name is 'name of the class';
comment on column results.classes.n is 'examples of the class';
comment on column results.classes.estimate is 'change on that scale';
comment on column results.classes.std_error is 'standard error of the estimate';
comment on column results.classes.statistic is 'estimate / std_error';
comment on column results.classes.df is 'degrees of freedom';
comment on column results.classes.p_value is 'two-sided, of no effect';
comment on column results.classes.p_adjusted is 'p_value adjusted: Benjamini–Hochberg over the tested classes; null for hooker';
comment on column results.classes.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.classes.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.classes.p_holm is 'Holm';
comment on column results.classes.p_max_t is 'Westfall–Young max-t by sign flips; only paired';
comment on column results.classes.hedges_g is 'estimate in units of the average standard deviation';
comment on column results.classes.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.classes_counts (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    test text not null,
    is_default boolean not null,
    n_tested integer not null,
    n_significant integer not null,
    n_significant_adjusted integer,
    n_significant_holm integer,
    n_significant_max_t integer,
    n_significant_logit integer,
    n_expected_by_chance double not null
);
comment on table results.classes_counts is 'One row per comparison, data set and test: how many classes changed otherwise than accuracy, and how many would seem to by chance.';
comment on column results.classes_counts.run_id is 'the run that it came from, in results.runs';
comment on column results.classes_counts.reference is 'population that the compressed one is compared with';
comment on column results.classes_counts.compressed is 'compressed population, or control';
comment on column results.classes_counts.dataset is 'data set';
comment on column results.classes_counts.test is 'paired (t test), welch, or hooker (the published form)';
comment on column results.classes_counts.is_default is 'whether this is the test that the pairing calls for';
comment on column results.classes_counts.n_tested is 'classes with a p-value';
comment on column results.classes_counts.n_significant is 'classes with p ≤ 0.05, uncorrected';
comment on column results.classes_counts.n_significant_adjusted is 'after Benjamini–Hochberg; null for hooker, published uncorrected';
comment on column results.classes_counts.n_significant_holm is 'after Holm; null where no class has such a p';
comment on column results.classes_counts.n_significant_max_t is 'after max-t; null where no class has such a p';
comment on column results.classes_counts.n_significant_logit is 'on the logit scale, after Benjamini–Hochberg; likewise';
comment on column results.classes_counts.n_expected_by_chance is '0.05 · n_tested: n_significant if nothing happened';

create table results.classes_summary (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    measure text not null,
    estimate double,
    published double,
    std_error double,
    conf_low double,
    conf_high double,
    n_classes integer not null,
    n_left_out integer,
    flag text
);
comment on table results.classes_summary is 'One row per comparison, data set and measure: do the differences between classes grow?';
comment on column results.classes_summary.run_id is 'the run that it came from, in results.runs';
comment on column results.classes_summary.reference is 'population that the compressed one is compared with';
comment on column results.classes_summary.compressed is 'compressed population, or control';
comment on column results.classes_summary.dataset is 'data set';
comment on column results.classes_summary.measure is 'intensification: slope of compressed on dense shifted recalls, above 1 differences grow; cev: combined error variance, sde: symmetric distance error, both less their bias';
comment on column results.classes_summary.estimate is 'the measure';
comment on column results.classes_summary.published is 'cev, sde: by the published formula';
comment on column results.classes_summary.std_error is 'standard error, from half-samples';
comment on column results.classes_summary.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.classes_summary.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.classes_summary.n_classes is 'classes that count';
comment on column results.classes_summary.n_left_out is 'cev, sde: classes without a relative change, since a dense error rate is 0';
comment on column results.classes_summary.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.subgroups_gaps (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    rate text not null,
    measure text not null,
    test text not null,
    pairing text not null,
    n_groups integer not null,
    n_permutations integer not null,
    is_exact boolean not null,
    smallest_p double,
    gap_reference double,
    gap_compressed double,
    estimate double,
    null_mean double,
    null_sd double,
    null_conf_low double,
    null_conf_high double,
    p_value double,
    worst_reference text,
    worst_compressed text,
    hit_most text,
    flag text
);
comment on table results.subgroups_gaps is 'One row per comparison, data set, property, rate and measure: did compression pull the groups apart?';
comment on column results.subgroups_gaps.run_id is 'the run that it came from, in results.runs';
comment on column results.subgroups_gaps.reference is 'population that the compressed one is compared with';
comment on column results.subgroups_gaps.compressed is 'compressed population, or control';
comment on column results.subgroups_gaps.dataset is 'data set';
comment on column results.subgroups_gaps.property is 'property, or crossing such as sex*age';
comment on column results.subgroups_gaps.rate is 'accuracy, false_positive_rate or false_negative_rate';
comment on column results.subgroups_gaps.measure is 'gap_of_changes: largest minus smallest change of the groups; change_of_gap: gap_compressed minus gap_reference';
comment on column results.subgroups_gaps.test is 't test of the pairs (paired) or Welch''s (welch)';
comment on column results.subgroups_gaps.pairing is 'paired: the replicates match; else unpaired';
comment on column results.subgroups_gaps.n_groups is 'groups';
comment on column results.subgroups_gaps.n_permutations is 'relabellings drawn, or enumerated if is_exact';
comment on column results.subgroups_gaps.is_exact is 'whether all relabellings were enumerated';
comment on column results.subgroups_gaps.smallest_p is 'smallest p that the pairing and the number of relabellings allow';
comment on column results.subgroups_gaps.gap_reference is 'largest minus smallest mean rate of the reference';
comment on column results.subgroups_gaps.gap_compressed is 'the same of the compressed networks';
comment on column results.subgroups_gaps.estimate is 'the measure';
comment on column results.subgroups_gaps.null_mean is 'mean of the measure (above 0 where nothing happened) over relabellings';
comment on column results.subgroups_gaps.null_sd is 'standard deviation over relabellings';
comment on column results.subgroups_gaps.null_conf_low is '2.5 % quantile over relabellings';
comment on column results.subgroups_gaps.null_conf_high is '97.5 % quantile over relabellings';
comment on column results.subgroups_gaps.p_value is 'share of relabellings with at least as much, the identity counted';
comment on column results.subgroups_gaps.worst_reference is 'group with the worst mean rate of the reference';
comment on column results.subgroups_gaps.worst_compressed is 'group with the worst mean rate of the compressed networks';
comment on column results.subgroups_gaps.hit_most is 'group with the worst change';
comment on column results.subgroups_gaps.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.subgroups (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    "group" text not null,
    rate text not null,
    scale text not null,
    test text not null,
    n integer not null,
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
    flag text
);
comment on table results.subgroups is 'One row per comparison, data set, property, group, rate and scale: did its accuracy, or its error rates, change?';
comment on column results.subgroups.run_id is 'the run that it came from, in results.runs';
comment on column results.subgroups.reference is 'population that the compressed one is compared with';
comment on column results.subgroups.compressed is 'compressed population, or control';
comment on column results.subgroups.dataset is 'data set';
comment on column results.subgroups.property is 'property, or crossing such as sex*age';
comment on column results.subgroups."group" is 'value of the property';
comment on column results.subgroups.rate is 'accuracy, false_positive_rate or false_negative_rate';
comment on column results.subgroups.scale is 'raw: the rate; shifted: the rate minus that over all examples';
comment on column results.subgroups.test is 't test of the pairs (paired) or Welch''s (welch)';
comment on column results.subgroups.n is 'examples that the rate counts';
comment on column results.subgroups.mean_reference is 'mean rate of the networks of the reference';
comment on column results.subgroups.mean_compressed is 'mean rate of the compressed networks';
comment on column results.subgroups.relative_change is 'mean_compressed / mean_reference − 1';
comment on column results.subgroups.estimate is 'change of the mean on that scale';
comment on column results.subgroups.std_error is 'standard error of the estimate';
comment on column results.subgroups.statistic is 'estimate / std_error';
comment on column results.subgroups.df is 'degrees of freedom';
comment on column results.subgroups.p_value is 'two-sided, of no effect';
comment on column results.subgroups.p_adjusted is 'p_value adjusted: Holm, over the groups';
comment on column results.subgroups.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.subgroups.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.subgroups.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.subgroups_modal (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    "group" text not null,
    population text not null,
    estimate double,
    conf_low double,
    conf_high double
);
comment on table results.subgroups_modal is 'One row per comparison, data set, property, group and population: accuracy of its modal label.';
comment on column results.subgroups_modal.run_id is 'the run that it came from, in results.runs';
comment on column results.subgroups_modal.reference is 'population that the compressed one is compared with';
comment on column results.subgroups_modal.compressed is 'compressed population, or control';
comment on column results.subgroups_modal.dataset is 'data set';
comment on column results.subgroups_modal.property is 'property, or crossing such as sex*age';
comment on column results.subgroups_modal."group" is 'value of the property';
comment on column results.subgroups_modal.population is 'reference or compressed';
comment on column results.subgroups_modal.estimate is 'accuracy of the modal label';
comment on column results.subgroups_modal.conf_low is 'lower end of the exact 95 % interval; the examples are random';
comment on column results.subgroups_modal.conf_high is 'upper end of the exact 95 % interval';

create table results.subgroups_pies (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    "group" text not null,
    n integer not null,
    n_pies integer not null,
    n_others integer not null,
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
comment on column results.subgroups_pies.run_id is 'the run that it came from, in results.runs';
comment on column results.subgroups_pies.reference is 'population that the compressed one is compared with';
comment on column results.subgroups_pies.compressed is 'compressed population, or control';
comment on column results.subgroups_pies.dataset is 'data set';
comment on column results.subgroups_pies.property is 'property, or crossing such as sex*age';
comment on column results.subgroups_pies."group" is 'value of the property';
comment on column results.subgroups_pies.n is 'examples of the group';
comment on column results.subgroups_pies.n_pies is 'PIEs of the group';
comment on column results.subgroups_pies.n_others is 'its other examples';
comment on column results.subgroups_pies.share_pies is 'share of the PIEs that belong to the group';
comment on column results.subgroups_pies.share_pies_low is 'lower end of its Wilson 95 % interval; the examples are random';
comment on column results.subgroups_pies.share_pies_high is 'upper end of its Wilson 95 % interval';
comment on column results.subgroups_pies.share_others is 'share of the other examples that belong to the group';
comment on column results.subgroups_pies.share_others_low is 'lower end of its Wilson 95 % interval';
comment on column results.subgroups_pies.share_others_high is 'upper end of its Wilson 95 % interval';
comment on column results.subgroups_pies.risk_ratio is 'probability of being a PIE in the group over that outside';
comment on column results.subgroups_pies.risk_ratio_low is 'lower end of its 95 % interval';
comment on column results.subgroups_pies.risk_ratio_high is 'upper end of its 95 % interval';
comment on column results.subgroups_pies.estimate is 'share_pies minus share_others';
comment on column results.subgroups_pies.p_value is 'Fisher''s exact test';
comment on column results.subgroups_pies.p_adjusted is 'Holm, over the groups';
comment on column results.subgroups_pies.conf_low is 'lower end of the 95 % interval of the estimate (Newcombe)';
comment on column results.subgroups_pies.conf_high is 'upper end of the 95 % interval of the estimate (Newcombe)';
comment on column results.subgroups_pies.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.unseen.run_id is 'the run that it came from, in results.runs';
comment on column results.unseen.reference is 'population that the compressed one is compared with';
comment on column results.unseen.compressed is 'compressed population, or control';
comment on column results.unseen.dataset is 'data set';
comment on column results.unseen.unseen is 'the unseen data set; null: the average over all';
comment on column results.unseen.alteration is 'what was done to the copy';
comment on column results.unseen.severity is 'how much, 1 (mild) to 5';
comment on column results.unseen.test is 't test of the pairs (paired) or Welch''s (welch)';
comment on column results.unseen.accuracy_reference is 'mean accuracy of the reference on the unseen data';
comment on column results.unseen.accuracy_compressed is 'mean accuracy of the compressed networks on the unseen data';
comment on column results.unseen.relative_change is 'compressed / reference − 1 on the unseen data';
comment on column results.unseen.relative_change_clean is 'the same on the clean data';
comment on column results.unseen.estimate is 'excess error: change of error there beyond that on clean data';
comment on column results.unseen.std_error is 'standard error of the estimate';
comment on column results.unseen.statistic is 'estimate / std_error';
comment on column results.unseen.df is 'degrees of freedom';
comment on column results.unseen.p_value is 'two-sided, of no effect';
comment on column results.unseen.p_adjusted is 'p_value adjusted: Holm, over the unseen data sets';
comment on column results.unseen.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.unseen.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.unseen.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.unseen_gaps.run_id is 'the run that it came from, in results.runs';
comment on column results.unseen_gaps.population is 'population of networks';
comment on column results.unseen_gaps.reference is 'null: the gap itself; else its change from the reference';
comment on column results.unseen_gaps.train_dataset is 'training data';
comment on column results.unseen_gaps.dataset is 'test data';
comment on column results.unseen_gaps.estimate is 'accuracy on training data minus accuracy on test data';
comment on column results.unseen_gaps.std_error is 'standard error of the estimate';
comment on column results.unseen_gaps.statistic is 'estimate / std_error';
comment on column results.unseen_gaps.df is 'degrees of freedom';
comment on column results.unseen_gaps.p_value is 'two-sided, of no effect';
comment on column results.unseen_gaps.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.unseen_gaps.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.unseen_gaps.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.unseen_regimes (
    run_id integer not null,
    regime_a text not null,
    regime_b text not null,
    population_a text not null,
    population_b text not null,
    dataset text not null,
    pairing text not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    std_error_networks double,
    std_error_examples double,
    flag text
);
comment on table results.unseen_regimes is 'One row per pair of regimes and data set: does one generalize better?';
comment on column results.unseen_regimes.run_id is 'the run that it came from, in results.runs';
comment on column results.unseen_regimes.regime_a is 'one regime';
comment on column results.unseen_regimes.regime_b is 'the other';
comment on column results.unseen_regimes.population_a is 'dense population of regime a';
comment on column results.unseen_regimes.population_b is 'dense population of regime b';
comment on column results.unseen_regimes.dataset is 'data set';
comment on column results.unseen_regimes.pairing is 'paired: the replicates match; else unpaired';
comment on column results.unseen_regimes.estimate is 'mean accuracy of a minus that of b, networks and examples random';
comment on column results.unseen_regimes.std_error is 'standard error of the estimate';
comment on column results.unseen_regimes.statistic is 'estimate / std_error';
comment on column results.unseen_regimes.df is 'degrees of freedom';
comment on column results.unseen_regimes.p_value is 'two-sided, of no effect';
comment on column results.unseen_regimes.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.unseen_regimes.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.unseen_regimes.std_error_networks is 'standard error if the examples were fixed';
comment on column results.unseen_regimes.std_error_examples is 'standard error if the networks were fixed';
comment on column results.unseen_regimes.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.unseen_robustness (
    run_id integer not null,
    regime_a text not null,
    regime_b text not null,
    population_a text not null,
    population_b text not null,
    dataset text not null,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    conf_low double,
    conf_high double,
    predicted double,
    slope double,
    is_slope_fitted boolean not null,
    flag text
);
comment on table results.unseen_robustness is 'One row per pair of regimes and unseen data set: is a more accurate there than its clean accuracy predicts, by a line through the networks of regime b?';
comment on column results.unseen_robustness.run_id is 'the run that it came from, in results.runs';
comment on column results.unseen_robustness.regime_a is 'one regime';
comment on column results.unseen_robustness.regime_b is 'the other';
comment on column results.unseen_robustness.population_a is 'dense population of regime a';
comment on column results.unseen_robustness.population_b is 'dense population of regime b';
comment on column results.unseen_robustness.dataset is 'data set';
comment on column results.unseen_robustness.estimate is 'effective robustness: accuracy of a beyond what the line predicts';
comment on column results.unseen_robustness.std_error is 'standard error of the estimate';
comment on column results.unseen_robustness.statistic is 'estimate / std_error';
comment on column results.unseen_robustness.df is 'degrees of freedom';
comment on column results.unseen_robustness.p_value is 'two-sided, of no effect';
comment on column results.unseen_robustness.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.unseen_robustness.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.unseen_robustness.predicted is 'accuracy that the line predicts';
comment on column results.unseen_robustness.slope is 'of the line on the logit scale';
comment on column results.unseen_robustness.is_slope_fitted is 'false: slope 1 was taken';
comment on column results.unseen_robustness.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.properties_summary (
    run_id integer not null,
    population text,
    dataset text not null,
    property text not null,
    source text not null,
    n integer not null,
    mean double,
    sd double,
    minimum double,
    median double,
    maximum double,
    flag text
);
comment on table results.properties_summary is 'One row per population, data set and property: its distribution over the examples, or why it was not measured.';
comment on column results.properties_summary.run_id is 'the run that it came from, in results.runs';
comment on column results.properties_summary.population is 'population of networks; null: measured outside';
comment on column results.properties_summary.dataset is 'data set';
comment on column results.properties_summary.property is 'name of the property';
comment on column results.properties_summary.source is 'networks, or where an outside property came from';
comment on column results.properties_summary.n is 'examples that have a value';
comment on column results.properties_summary.mean is 'mean over the examples';
comment on column results.properties_summary.sd is 'standard deviation over the examples';
comment on column results.properties_summary.minimum is 'smallest value';
comment on column results.properties_summary.median is 'median';
comment on column results.properties_summary.maximum is 'largest value';
comment on column results.properties_summary.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.properties_groups (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    property text not null,
    source text not null,
    "group" text not null,
    n integer not null,
    mean double,
    sd double,
    q05 double,
    q25 double,
    q50 double,
    q75 double,
    q95 double
);
comment on table results.properties_groups is 'One row per comparison, data set, property and group of examples: what the forgotten ones are like.';
comment on column results.properties_groups.run_id is 'the run that it came from, in results.runs';
comment on column results.properties_groups.reference is 'population that the compressed one is compared with';
comment on column results.properties_groups.compressed is 'compressed population, or control';
comment on column results.properties_groups.dataset is 'data set';
comment on column results.properties_groups.property is 'name of the property';
comment on column results.properties_groups.source is 'population that it was measured on, or where it came from';
comment on column results.properties_groups."group" is 'forgotten, recovered, moved (PIEs by direction; pie without labels) or other';
comment on column results.properties_groups.n is 'examples of the group that have a value';
comment on column results.properties_groups.mean is 'mean over these';
comment on column results.properties_groups.sd is 'standard deviation over these';
comment on column results.properties_groups.q05 is '5 % quantile over these';
comment on column results.properties_groups.q25 is '25 % quantile over these';
comment on column results.properties_groups.q50 is '50 % quantile over these';
comment on column results.properties_groups.q75 is '75 % quantile over these';
comment on column results.properties_groups.q95 is '95 % quantile over these';

create table results.properties_planted (
    run_id integer not null,
    population text not null,
    dataset text not null,
    source text not null,
    n integer not null,
    n_planted integer not null,
    prevalence double,
    auc double,
    average_precision double,
    n_issues integer,
    precision double,
    recall double,
    flag text
);
comment on table results.properties_planted is 'One row per population and copy with replaced labels: is label noise found where it was planted?';
comment on column results.properties_planted.run_id is 'the run that it came from, in results.runs';
comment on column results.properties_planted.population is 'population of networks';
comment on column results.properties_planted.dataset is 'the copy';
comment on column results.properties_planted.source is 'the data set with the labels as they were';
comment on column results.properties_planted.n is 'labelled examples';
comment on column results.properties_planted.n_planted is 'examples whose label was replaced';
comment on column results.properties_planted.prevalence is 'n_planted / n: the average precision of no knowledge';
comment on column results.properties_planted.auc is 'probability that label_noise is larger where a label was replaced';
comment on column results.properties_planted.average_precision is 'average precision of label_noise';
comment on column results.properties_planted.n_issues is 'labels that is_label_issue calls wrong';
comment on column results.properties_planted.precision is 'share of these that were replaced';
comment on column results.properties_planted.recall is 'share of the replaced ones that are among them';
comment on column results.properties_planted.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.properties.run_id is 'the run that it came from, in results.runs';
comment on column results.properties.population is 'population of networks';
comment on column results.properties.dataset is 'data set';
comment on column results.properties.property is 'name of the property';
comment on column results.properties.example_id is 'position of the example in the data set';
comment on column results.properties.key is 'its name';
comment on column results.properties.value is 'mean over the networks, or of their mean probabilities or votes; booleans are 0 and 1';

create table results.characterize_changes (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    pairing text not null,
    measured_on text,
    term text not null,
    n integer,
    n_missing integer,
    estimate double,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    reliability double,
    r2_gain double,
    vif double,
    control_estimate double,
    control_conf_low double,
    control_conf_high double,
    control_p_value double,
    flag text
);
comment on table results.characterize_changes is 'One row per comparison, data set and property: which properties make compression take more, at equal difficulty?';
comment on column results.characterize_changes.run_id is 'the run that it came from, in results.runs';
comment on column results.characterize_changes.reference is 'population that the compressed one is compared with';
comment on column results.characterize_changes.compressed is 'compressed population, or control';
comment on column results.characterize_changes.dataset is 'data set';
comment on column results.characterize_changes.pairing is 'paired: the replicates match; else unpaired';
comment on column results.characterize_changes.measured_on is 'second dense population that the properties come from; cross-fitted: halves of the reference; outside: no networks';
comment on column results.characterize_changes.term is 'a property; difficulty: mean log odds, along its spline';
comment on column results.characterize_changes.n is 'examples whose log odds and properties are all known';
comment on column results.characterize_changes.n_missing is 'labelled examples left out, because one of them is not';
comment on column results.characterize_changes.estimate is 'change of log odds, nats, per standard deviation that the property would have without noise';
comment on column results.characterize_changes.std_error is 'standard error of the estimate';
comment on column results.characterize_changes.statistic is 'estimate / std_error';
comment on column results.characterize_changes.df is 'degrees of freedom';
comment on column results.characterize_changes.p_value is 'two-sided, of no effect';
comment on column results.characterize_changes.p_adjusted is 'p_value adjusted: Benjamini–Hochberg, over the properties without difficulty';
comment on column results.characterize_changes.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.characterize_changes.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.characterize_changes.reliability is 'share of the property''s variance that is no noise of networks';
comment on column results.characterize_changes.r2_gain is 'what it adds to the explained share of the variance of the expected change, out of fold';
comment on column results.characterize_changes.vif is 'variance inflation factor among the properties and difficulty';
comment on column results.characterize_changes.control_estimate is 'the same for dense against dense networks, halves of the reference';
comment on column results.characterize_changes.control_conf_low is 'lower end of its 95 % interval';
comment on column results.characterize_changes.control_conf_high is 'upper end of its 95 % interval';
comment on column results.characterize_changes.control_p_value is 'two-sided, of no effect';
comment on column results.characterize_changes.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.characterize (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    pairing text not null,
    measured_on text,
    term text not null,
    n integer,
    n_missing integer,
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
comment on column results.characterize.run_id is 'the run that it came from, in results.runs';
comment on column results.characterize.reference is 'population that the compressed one is compared with';
comment on column results.characterize.compressed is 'compressed population, or control';
comment on column results.characterize.dataset is 'data set';
comment on column results.characterize.pairing is 'paired: the replicates match; else unpaired';
comment on column results.characterize.measured_on is 'second dense population that the properties come from; cross-fitted: halves of the reference; outside: no networks';
comment on column results.characterize.term is 'a property; (compression): where all are at their mean';
comment on column results.characterize.n is 'informative examples: some network right and some wrong';
comment on column results.characterize.n_missing is 'examples left out because a property is missing';
comment on column results.characterize.estimate is 'log odds ratio of staying right';
comment on column results.characterize.std_error is 'standard error of the estimate';
comment on column results.characterize.statistic is 'estimate / std_error';
comment on column results.characterize.df is 'degrees of freedom';
comment on column results.characterize.p_value is 'two-sided, of no effect';
comment on column results.characterize.p_adjusted is 'p_value adjusted: Benjamini–Hochberg, over the properties';
comment on column results.characterize.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.characterize.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.characterize.odds_ratio is 'exp(estimate), per standard deviation of the property';
comment on column results.characterize.odds_ratio_conf_low is 'lower end of its 95 % interval';
comment on column results.characterize.odds_ratio_conf_high is 'upper end of its 95 % interval';
comment on column results.characterize.std_error_networks is 'for other networks on the same examples; std_error is for others too';
comment on column results.characterize.std_error_information is 'networks taken as independent, for comparison';
comment on column results.characterize.marginal_effect is 'change of the probability per standard deviation';
comment on column results.characterize.marginal_effect_std_error is 'its standard error';
comment on column results.characterize.vif is 'variance inflation factor';
comment on column results.characterize.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
    set_size integer,
    n integer,
    n_events integer,
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
    n_missing integer,
    flag text
);
comment on table results.characterize_pies is 'One row per comparison, data set, outcome, side, model and property: logistic regression of PIEs, beside the same for dense-against-dense PIEs.';
comment on column results.characterize_pies.run_id is 'the run that it came from, in results.runs';
comment on column results.characterize_pies.reference is 'population that the compressed one is compared with';
comment on column results.characterize_pies.compressed is 'compressed population, or control';
comment on column results.characterize_pies.dataset is 'data set';
comment on column results.characterize_pies.outcome is 'pie or forgotten';
comment on column results.characterize_pies.side is 'compressed, baseline (dense against dense), difference: over disjoint sets of networks; plain: the published form, all networks, examples random';
comment on column results.characterize_pies.model is 'joint or alone';
comment on column results.characterize_pies.property is 'name of the property';
comment on column results.characterize_pies.measured_on is 'second dense population that the properties come from; cross-fitted: halves of the reference; outside: no networks';
comment on column results.characterize_pies.set_size is 'networks behind each modal label; null: all';
comment on column results.characterize_pies.n is 'examples';
comment on column results.characterize_pies.n_events is 'examples with the outcome';
comment on column results.characterize_pies.estimate is 'log odds ratio';
comment on column results.characterize_pies.std_error is 'standard error of the estimate';
comment on column results.characterize_pies.statistic is 'estimate / std_error';
comment on column results.characterize_pies.df is 'degrees of freedom';
comment on column results.characterize_pies.p_value is 'two-sided, of no effect';
comment on column results.characterize_pies.p_adjusted is 'p_value adjusted: Benjamini–Hochberg, within side and model';
comment on column results.characterize_pies.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.characterize_pies.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.characterize_pies.odds_ratio is 'exp(estimate), per standard deviation of the property';
comment on column results.characterize_pies.odds_ratio_conf_low is 'lower end of its 95 % interval';
comment on column results.characterize_pies.odds_ratio_conf_high is 'upper end of its 95 % interval';
comment on column results.characterize_pies.marginal_effect is 'change of the probability per standard deviation';
comment on column results.characterize_pies.marginal_effect_std_error is 'its standard error';
comment on column results.characterize_pies.vif is 'variance inflation factor';
comment on column results.characterize_pies.n_missing is 'examples left out because a property is missing';
comment on column results.characterize_pies.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.characterize_scores (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    contrast text not null,
    alone text,
    score text not null,
    n_events integer,
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
comment on table results.characterize_scores is 'One row per comparison, data set, contrast and score: do properties predict which examples are PIEs?';
comment on column results.characterize_scores.run_id is 'the run that it came from, in results.runs';
comment on column results.characterize_scores.reference is 'population that the compressed one is compared with';
comment on column results.characterize_scores.compressed is 'compressed population, or control';
comment on column results.characterize_scores.dataset is 'data set';
comment on column results.characterize_scores.contrast is 'compressed, compressed-alone (one property), baseline (dense against dense), beyond-alone, beyond-baseline';
comment on column results.characterize_scores.alone is 'the one property';
comment on column results.characterize_scores.score is 'auc or average_precision, out of fold';
comment on column results.characterize_scores.n_events is 'PIEs';
comment on column results.characterize_scores.chance is 'what no knowledge gives';
comment on column results.characterize_scores.estimate is 'the score, or the difference of two';
comment on column results.characterize_scores.std_error is 'standard error of the estimate';
comment on column results.characterize_scores.statistic is 'estimate / std_error';
comment on column results.characterize_scores.df is 'degrees of freedom';
comment on column results.characterize_scores.p_value is 'two-sided, of no effect';
comment on column results.characterize_scores.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.characterize_scores.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.characterize_scores.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.characterize_shapes.run_id is 'the run that it came from, in results.runs';
comment on column results.characterize_shapes.reference is 'population that the compressed one is compared with';
comment on column results.characterize_shapes.compressed is 'compressed population, or control';
comment on column results.characterize_shapes.dataset is 'data set';
comment on column results.characterize_shapes.property is 'name of the property';
comment on column results.characterize_shapes.model is 'conditional (primary model); compressed, baseline: PIEs of one split into disjoint sets of networks, against dense ones for the baseline';
comment on column results.characterize_shapes.value is 'of the property; null where there is no curve, and flag says why';
comment on column results.characterize_shapes.estimate is 'log odds (ratio), less that at the median';
comment on column results.characterize_shapes.std_error is 'standard error of the estimate';
comment on column results.characterize_shapes.conf_low is 'lower end of the 95 % interval of the estimate, at this point';
comment on column results.characterize_shapes.conf_high is 'upper end of the 95 % interval of the estimate, at this point';
comment on column results.characterize_shapes.odds_ratio is 'exp(estimate), per standard deviation of the property';
comment on column results.characterize_shapes.odds_ratio_conf_low is 'lower end of its 95 % interval';
comment on column results.characterize_shapes.odds_ratio_conf_high is 'upper end of its 95 % interval';
comment on column results.characterize_shapes.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.characterize_calibration (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    bin integer not null,
    n integer not null,
    predicted double not null,
    observed double not null,
    conf_low double,
    conf_high double
);
comment on table results.characterize_calibration is 'One row per comparison, data set and bin: predicted probability of being a PIE against the share that are.';
comment on column results.characterize_calibration.run_id is 'the run that it came from, in results.runs';
comment on column results.characterize_calibration.reference is 'population that the compressed one is compared with';
comment on column results.characterize_calibration.compressed is 'compressed population, or control';
comment on column results.characterize_calibration.dataset is 'data set';
comment on column results.characterize_calibration.bin is 'number of the bin, from the least probable';
comment on column results.characterize_calibration.n is 'examples in the bin';
comment on column results.characterize_calibration.predicted is 'mean out-of-fold probability';
comment on column results.characterize_calibration.observed is 'share of PIEs';
comment on column results.characterize_calibration.conf_low is 'lower end of the Wilson 95 % interval; the examples are random';
comment on column results.characterize_calibration.conf_high is 'upper end of the Wilson 95 % interval';

create table results.regimes_changes (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    regime_a text not null,
    regime_b text not null,
    reference_a text not null,
    compressed_a text not null,
    reference_b text not null,
    compressed_b text not null,
    pairing text not null,
    difficulty text,
    n integer,
    estimate double,
    std_error double,
    conf_low double,
    conf_high double,
    p_value double,
    p_holm double,
    raw double,
    attenuation double,
    covariance double,
    variance_a double,
    variance_b double,
    p_change_a double,
    p_change_b double,
    rank_estimate double,
    rank_conf_low double,
    rank_conf_high double,
    n_hit_a integer,
    n_hit_b integer,
    n_hit_both integer,
    null_mean double,
    null_conf_low double,
    null_conf_high double,
    overlap_p double,
    n_networks integer,
    flag text
);
comment on table results.regimes_changes is 'One row per data set, compression and pair of regimes: were the same examples hit?';
comment on column results.regimes_changes.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_changes.dataset is 'data set';
comment on column results.regimes_changes.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_changes.regime_a is 'one regime';
comment on column results.regimes_changes.regime_b is 'the other';
comment on column results.regimes_changes.reference_a is 'reference of regime a';
comment on column results.regimes_changes.compressed_a is 'compressed population of regime a';
comment on column results.regimes_changes.reference_b is 'reference of regime b; a regime with itself: its second dense population';
comment on column results.regimes_changes.compressed_b is 'compressed population of regime b';
comment on column results.regimes_changes.pairing is 'paired: the replicates match; else unpaired';
comment on column results.regimes_changes.difficulty is 'what was taken off besides class, as a spline: log odds of held-out (second dense populations) or half (half of the networks)';
comment on column results.regimes_changes.n is 'examples whose log odds are known in both regimes';
comment on column results.regimes_changes.estimate is 'disattenuated correlation of the change of normalised log odds';
comment on column results.regimes_changes.std_error is 'standard error of the estimate';
comment on column results.regimes_changes.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.regimes_changes.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.regimes_changes.p_value is 'two-sided, of no correlation';
comment on column results.regimes_changes.p_holm is 'p_value adjusted over the pairs of regimes on the data set (Holm); null for one with itself';
comment on column results.regimes_changes.raw is 'correlation of the mean changes as they are';
comment on column results.regimes_changes.attenuation is 'what raw would be if the estimate were 1';
comment on column results.regimes_changes.covariance is 'covariance of the expected changes, squared nats';
comment on column results.regimes_changes.variance_a is 'variance of the expected change in regime a';
comment on column results.regimes_changes.variance_b is 'variance of the expected change in regime b';
comment on column results.regimes_changes.p_change_a is 'one-sided: does compression change log odds in a at all, beyond difficulty and class?';
comment on column results.regimes_changes.p_change_b is 'one-sided: does it in b?';
comment on column results.regimes_changes.rank_estimate is 'the same correlation by normal scores of the ranks within each network';
comment on column results.regimes_changes.rank_conf_low is 'lower end of its 95 % interval';
comment on column results.regimes_changes.rank_conf_high is 'upper end of its 95 % interval';
comment on column results.regimes_changes.n_hit_a is 'examples hit in a, as results.examples_hits has them';
comment on column results.regimes_changes.n_hit_b is 'examples hit in b';
comment on column results.regimes_changes.n_hit_both is 'examples hit in both';
comment on column results.regimes_changes.null_mean is 'n_hit_both if the hits of a and b were unrelated among examples as hard';
comment on column results.regimes_changes.null_conf_low is '2.5 % quantile of that';
comment on column results.regimes_changes.null_conf_high is '97.5 % quantile of that';
comment on column results.regimes_changes.overlap_p is 'that they are unrelated, one-sided';
comment on column results.regimes_changes.n_networks is 'networks of the smallest population';
comment on column results.regimes_changes.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.regimes_hits (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    "group" text not null,
    regime text,
    delta double not null,
    n double not null,
    expected double not null
);
comment on table results.regimes_hits is 'One row per data set, compression and group of regimes: how many examples are hit in all regimes, in one only, in none?';
comment on column results.regimes_hits.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_hits.dataset is 'data set';
comment on column results.regimes_hits.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_hits."group" is 'all, only (one regime), several, none';
comment on column results.regimes_hits.regime is 'the one regime';
comment on column results.regimes_hits.delta is 'change of log odds beyond the trend from which an example counts as hit, nats';
comment on column results.regimes_hits.n is 'expected number of examples, by the posterior of each';
comment on column results.regimes_hits.expected is 'the same if regimes hit unrelated examples among those as hard';

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
    pairing text not null,
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
    flag text
);
comment on table results.regimes is 'One row per data set, compression and pair of regimes: do the same examples become harder?';
comment on column results.regimes.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes.dataset is 'data set';
comment on column results.regimes.compression is 'what was done to the networks of all regimes';
comment on column results.regimes.regime_a is 'one regime';
comment on column results.regimes.regime_b is 'the other';
comment on column results.regimes.reference_a is 'reference of regime a';
comment on column results.regimes.compressed_a is 'compressed population of regime a';
comment on column results.regimes.reference_b is 'reference of regime b';
comment on column results.regimes.compressed_b is 'compressed population of regime b';
comment on column results.regimes.pairing is 'paired: the replicates match; else unpaired';
comment on column results.regimes.difficulty is 'what was taken off besides class: held-out (second dense populations), half (half of the networks), null: nothing';
comment on column results.regimes.estimate is 'disattenuated correlation of the change in error rate (Spearman 1904)';
comment on column results.regimes.std_error is 'standard error of the estimate';
comment on column results.regimes.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.regimes.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.regimes.p_value is 'two-sided, of no correlation';
comment on column results.regimes.raw is 'correlation of the mean changes as they are';
comment on column results.regimes.attenuation is 'what raw would be if the estimate were 1';
comment on column results.regimes.covariance is 'covariance of the expected changes, squared error rates';
comment on column results.regimes.variance_a is 'variance of the expected change in regime a';
comment on column results.regimes.variance_b is 'variance of the expected change in regime b';
comment on column results.regimes.p_change_a is 'one-sided: does compression change error rates in a at all?';
comment on column results.regimes.p_change_b is 'one-sided: does it in b?';
comment on column results.regimes.n_networks is 'networks of the smallest population';
comment on column results.regimes.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.regimes_overlap (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    regime_a text not null,
    regime_b text not null,
    n_pies_a integer not null,
    n_pies_b integer not null,
    n_both integer not null,
    conf_low double,
    conf_high double,
    null_mean double not null,
    null_sd double,
    null_conf_low double not null,
    null_conf_high double not null,
    expected double not null,
    overlap_above_null double not null,
    p_value double not null,
    p_either double not null,
    jaccard double,
    kappa double
);
comment on table results.regimes_overlap is 'One row per data set, compression and pair of regimes: how many examples are PIEs in both, and how many after shuffling dense and compressed networks?';
comment on column results.regimes_overlap.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_overlap.dataset is 'data set';
comment on column results.regimes_overlap.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_overlap.regime_a is 'one regime';
comment on column results.regimes_overlap.regime_b is 'the other';
comment on column results.regimes_overlap.n_pies_a is 'PIEs of regime a';
comment on column results.regimes_overlap.n_pies_b is 'PIEs of regime b';
comment on column results.regimes_overlap.n_both is 'examples that are PIEs in both';
comment on column results.regimes_overlap.conf_low is 'lower end of its 95 % interval, from half-samples';
comment on column results.regimes_overlap.conf_high is 'upper end of its 95 % interval, from half-samples';
comment on column results.regimes_overlap.null_mean is 'mean of n_both, both regimes relabelled over relabellings';
comment on column results.regimes_overlap.null_sd is 'standard deviation over relabellings';
comment on column results.regimes_overlap.null_conf_low is '2.5 % quantile over relabellings';
comment on column results.regimes_overlap.null_conf_high is '97.5 % quantile over relabellings';
comment on column results.regimes_overlap.expected is 'n_both if the PIEs of a and b were independent';
comment on column results.regimes_overlap.overlap_above_null is 'n_both − null_mean';
comment on column results.regimes_overlap.p_value is 'of the relabelling of both';
comment on column results.regimes_overlap.p_either is 'the larger of two: one relabelled, the other as it is';
comment on column results.regimes_overlap.jaccard is 'Jaccard index of the two sets of PIEs';
comment on column results.regimes_overlap.kappa is 'Cohen''s kappa of being a PIE';

create table results.regimes_pies (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    regime_a text not null,
    regime_b text not null,
    side text not null,
    estimate double,
    conf_low double,
    conf_high double,
    raw double,
    attenuation double,
    set_size integer not null,
    flag text
);
comment on table results.regimes_pies is 'One row per data set, compression, pair of regimes and side: correlation of being a PIE, corrected for noise, beside that of dense-against-dense PIEs.';
comment on column results.regimes_pies.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_pies.dataset is 'data set';
comment on column results.regimes_pies.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_pies.regime_a is 'one regime';
comment on column results.regimes_pies.regime_b is 'the other';
comment on column results.regimes_pies.side is 'compressed, or baseline (dense against dense)';
comment on column results.regimes_pies.estimate is 'disattenuated correlation of PIE indicators';
comment on column results.regimes_pies.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.regimes_pies.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.regimes_pies.raw is 'mean correlation of the indicators of disjoint sets of networks';
comment on column results.regimes_pies.attenuation is 'what raw would be if the estimate were 1';
comment on column results.regimes_pies.set_size is 'networks behind each modal label';
comment on column results.regimes_pies.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
comment on column results.regimes_counts.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_counts.dataset is 'data set';
comment on column results.regimes_counts.regime_a is 'one regime';
comment on column results.regimes_counts.regime_b is 'the other';
comment on column results.regimes_counts.compression is 'of a; for b the same, or its ladder of sparsities where the loss is equal';
comment on column results.regimes_counts.equal is 'compression; points: loss of accuracy; relative: rise of the error rate';
comment on column results.regimes_counts.measure is 'excess (PIEs) or forgotten';
comment on column results.regimes_counts.sparsity_a is 'sparsity of a';
comment on column results.regimes_counts.sparsity_b is 'sparsity of b, interpolated where the loss is equal';
comment on column results.regimes_counts.n_networks is 'networks per population';
comment on column results.regimes_counts.loss_a is 'fall of accuracy of a, a fraction (relative: rise of the error rate as a share)';
comment on column results.regimes_counts.loss_b is 'the same of b';
comment on column results.regimes_counts.count_a is 'examples that a loses';
comment on column results.regimes_counts.count_b is 'examples that b loses';
comment on column results.regimes_counts.estimate is 'count_a minus count_b';
comment on column results.regimes_counts.std_error is 'standard error of the estimate';
comment on column results.regimes_counts.statistic is 'estimate / std_error';
comment on column results.regimes_counts.df is 'degrees of freedom';
comment on column results.regimes_counts.p_value is 'two-sided, of no effect';
comment on column results.regimes_counts.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.regimes_counts.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.regimes_counts.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

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
    p_adjusted double,
    conf_low double,
    conf_high double,
    df_residual double,
    flag text
);
comment on table results.regimes_coefficients is 'One row per data set, compression, pair of regimes, effect and property: which properties matter more in which regime?';
comment on column results.regimes_coefficients.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_coefficients.dataset is 'data set';
comment on column results.regimes_coefficients.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_coefficients.regime_a is 'one regime';
comment on column results.regimes_coefficients.regime_b is 'the other';
comment on column results.regimes_coefficients.effect is 'log odds ratio, or marginal effect on accuracy: logit coefficients are not comparable across noise levels';
comment on column results.regimes_coefficients.term is 'property; (joint): all of them at once';
comment on column results.regimes_coefficients.estimate is 'effect in a minus effect in b';
comment on column results.regimes_coefficients.std_error is 'standard error of the estimate';
comment on column results.regimes_coefficients.statistic is 'estimate / std_error';
comment on column results.regimes_coefficients.df is 'degrees of freedom';
comment on column results.regimes_coefficients.p_value is 'two-sided, of no effect';
comment on column results.regimes_coefficients.p_adjusted is 'p_value adjusted: Holm, over the properties';
comment on column results.regimes_coefficients.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.regimes_coefficients.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.regimes_coefficients.df_residual is 'residual degrees of freedom of the joint F test';
comment on column results.regimes_coefficients.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.regimes_transitions (
    run_id integer not null,
    dataset text not null,
    compression text not null,
    "group" text not null,
    regime text,
    n integer not null,
    expected double,
    conf_low double,
    conf_high double
);
comment on table results.regimes_transitions is 'One row per data set, compression and group of regimes: how many examples are lost in all, in one only, in none?';
comment on column results.regimes_transitions.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_transitions.dataset is 'data set';
comment on column results.regimes_transitions.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_transitions."group" is 'all, only (one regime), several, none';
comment on column results.regimes_transitions.regime is 'the one regime';
comment on column results.regimes_transitions.n is 'examples';
comment on column results.regimes_transitions.expected is 'mean over relabellings of all regimes';
comment on column results.regimes_transitions.conf_low is '2.5 % quantile over relabellings';
comment on column results.regimes_transitions.conf_high is '97.5 % quantile over relabellings';

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
comment on table results.regimes_examples is 'One row per data set, compression and example: examples that some regime lost.';
comment on column results.regimes_examples.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_examples.dataset is 'data set';
comment on column results.regimes_examples.compression is 'what was done to the networks of all regimes';
comment on column results.regimes_examples.example_id is 'position of the example in the data set';
comment on column results.regimes_examples.key is 'its name';
comment on column results.regimes_examples.label is 'its given label';
comment on column results.regimes_examples.n_regimes is 'regimes that lost it';
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
comment on column results.regimes_theory.run_id is 'the run that it came from, in results.runs';
comment on column results.regimes_theory.reference is 'population that the compressed one is compared with';
comment on column results.regimes_theory.compressed is 'compressed population, or control';
comment on column results.regimes_theory.dataset is 'data set';
comment on column results.regimes_theory.regime is 'how the networks were trained';
comment on column results.regimes_theory.property is 'the hypothesis, as a property';
comment on column results.regimes_theory.difficulty is 'what was taken off besides class: held-out (second dense populations), half (half of the networks), null: nothing';
comment on column results.regimes_theory.r2_without is 'out-of-fold R² of the change in error rate by difficulty and class';
comment on column results.regimes_theory.r2_with is 'the same with the hypothesis';
comment on column results.regimes_theory.variance is 'of the expected change';
comment on column results.regimes_theory.estimate is 'r2_with minus r2_without';
comment on column results.regimes_theory.std_error is 'standard error of the estimate';
comment on column results.regimes_theory.statistic is 'estimate / std_error';
comment on column results.regimes_theory.df is 'degrees of freedom';
comment on column results.regimes_theory.p_value is 'two-sided, of no effect';
comment on column results.regimes_theory.conf_low is 'lower end of the 95 % interval of the estimate';
comment on column results.regimes_theory.conf_high is 'upper end of the 95 % interval of the estimate';
comment on column results.regimes_theory.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.annotations (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    category text not null,
    n_annotators integer not null,
    n_pairs integer not null,
    share_hit double,
    share_other double,
    estimate double,
    conf_low double,
    conf_high double,
    n_only_hit integer not null,
    n_only_other integer not null,
    p_value double,
    p_adjusted double
);
comment on table results.annotations is 'One row per comparison, data set and category: is it commoner among examples that were hit than among others of their class, about as hard?';
comment on column results.annotations.run_id is 'the run that it came from, in results.runs';
comment on column results.annotations.reference is 'population that the compressed one is compared with';
comment on column results.annotations.compressed is 'compressed population, or control';
comment on column results.annotations.dataset is 'data set';
comment on column results.annotations.category is 'category of the codebook';
comment on column results.annotations.n_annotators is 'people who coded';
comment on column results.annotations.n_pairs is 'pairs of a hit example and another that were both coded';
comment on column results.annotations.share_hit is 'share of the hit ones that it applies to, as more than half of their annotators say';
comment on column results.annotations.share_other is 'the same of the others';
comment on column results.annotations.estimate is 'their difference';
comment on column results.annotations.conf_low is 'lower end of the 95 % interval of the difference: Tango''s score interval';
comment on column results.annotations.conf_high is 'upper end of the 95 % interval of the difference: Tango''s score interval';
comment on column results.annotations.n_only_hit is 'pairs in which it applies to the hit one alone';
comment on column results.annotations.n_only_other is 'pairs in which it applies to the other alone';
comment on column results.annotations.p_value is 'exact McNemar, two-sided, of no difference';
comment on column results.annotations.p_adjusted is 'p_value adjusted: Holm, over the categories of the comparison';

create table results.annotations_agreement (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    category text not null,
    annotator_a text,
    annotator_b text,
    n_examples integer not null,
    agreement double,
    estimate double,
    std_error double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.annotations_agreement is 'One row per comparison, data set, category and pair of annotators, or all of them: how far do they agree, beyond chance?';
comment on column results.annotations_agreement.run_id is 'the run that it came from, in results.runs';
comment on column results.annotations_agreement.reference is 'population that the compressed one is compared with';
comment on column results.annotations_agreement.compressed is 'compressed population, or control';
comment on column results.annotations_agreement.dataset is 'data set';
comment on column results.annotations_agreement.category is 'category of the codebook';
comment on column results.annotations_agreement.annotator_a is 'one annotator; null for all of three or more';
comment on column results.annotations_agreement.annotator_b is 'the other; null for all';
comment on column results.annotations_agreement.n_examples is 'examples that all of them coded';
comment on column results.annotations_agreement.agreement is 'share of pairs of their answers that are the same';
comment on column results.annotations_agreement.estimate is 'Cohen''s kappa; of all, Fleiss'': 1 if they always agree, 0 as by chance';
comment on column results.annotations_agreement.std_error is 'Cohen''s: asymptotic; Fleiss'': jackknife over examples';
comment on column results.annotations_agreement.conf_low is 'lower end of the 95 % interval of kappa';
comment on column results.annotations_agreement.conf_high is 'upper end of the 95 % interval of kappa';
comment on column results.annotations_agreement.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';

create table results.power (
    run_id integer not null,
    reference text not null,
    compressed text not null,
    dataset text not null,
    question text not null,
    pairing text not null,
    n_networks integer not null,
    spread double,
    difference double,
    power double,
    replicates_needed integer,
    detectable double,
    flag text
);
comment on table results.power is 'One row per comparison, data set and question: how many networks would answer it?';
comment on column results.power.run_id is 'the run that it came from, in results.runs';
comment on column results.power.reference is 'population that the compressed one is compared with';
comment on column results.power.compressed is 'compressed population, or control';
comment on column results.power.dataset is 'data set';
comment on column results.power.question is 'what is to be found';
comment on column results.power.pairing is 'paired: the replicates match; else unpaired';
comment on column results.power.n_networks is 'networks per population, at hand';
comment on column results.power.spread is 'standard deviation over networks (of differences if paired); excess: standard error';
comment on column results.power.difference is 'how large it is';
comment on column results.power.power is 'power that the networks needed give';
comment on column results.power.replicates_needed is 'networks per population; null if it cannot be said';
comment on column results.power.detectable is 'smallest difference that the networks at hand find with power 0.8';
comment on column results.power.flag is 'why a number is missing, or what makes it doubtful (docs/schema.md lists the flags); else null';
