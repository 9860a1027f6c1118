-- The tables of a study. Plain DuckDB SQL; the comments are what the schema page of the docs is made from.
-- Per-example tables carry no primary key and there are no foreign keys: evaluations guards uniqueness (docs/schema.md says why).

create table study (key text primary key, value json);
comment on table study is 'One row per fact about the file itself.';
comment on column study.key is 'schema_version, definitions_digest, recipe (the resolved STUDY.toml)';
comment on column study.value is 'the fact, as JSON';

create table datasets (
    dataset_id integer primary key,
    name text not null unique,
    split text,
    is_primary boolean not null,
    n_examples integer not null,
    class_names text[] not null,
    labels_digest text not null,
    content_digest text,
    source_dataset_id integer,
    alteration text,
    severity integer,
    seed bigint
);
comment on table datasets is 'One row per data set and split.';
comment on column datasets.name is 'unique, for example fashion-mnist/test';
comment on column datasets.split is 'train, test, …; null if unknown';
comment on column datasets.is_primary is 'true for the data set that was added first: macros mean it when none is named';
comment on column datasets.class_names is 'position is the class index, from 0; its length is the number of classes';
comment on column datasets.labels_digest is 'SHA-256 of the keys and labels';
comment on column datasets.content_digest is 'SHA-256 of the inputs; null if the predictions were imported';
comment on column datasets.source_dataset_id is 'for an altered copy: the data set that it is a copy of';
comment on column datasets.alteration is 'for an altered copy: what was done to it';
comment on column datasets.severity is 'for an altered copy: 1 (mild) to 5';
comment on column datasets.seed is 'for an altered copy: the seed of the alteration';

create table examples (
    dataset_id integer not null,
    example_id integer not null,
    key text not null,
    label integer
);
comment on table examples is 'One row per data set and example.';
comment on column examples.example_id is 'position in the data set, from 0';
comment on column examples.key is 'name that outlives the order: relative path or source index';
comment on column examples.label is 'the given label, a class index; null if there is none';

create table populations (
    population_id integer primary key,
    name text not null unique,
    role text not null check (role in ('dense', 'compressed', 'control')),
    regime text,
    method text,
    sparsity double,
    bits integer,
    reference_id integer,
    parent_id integer,
    recipe json
);
comment on table populations is 'One row per set of networks that differ only in replicate.';
comment on column populations.name is 'unique, for example supervised/magnitude-0.9';
comment on column populations.role is 'dense, compressed or control';
comment on column populations.regime is 'how it was trained: supervised, simclr, …';
comment on column populations.method is 'how it was compressed: magnitude, int8, …; null if dense';
comment on column populations.sparsity is 'fraction of the prunable weights that the recipe sets to zero';
comment on column populations.bits is 'bits per weight after quantization; null if not quantized';
comment on column populations.reference_id is 'the population that it is compared with';
comment on column populations.parent_id is 'the population that its weights came from';
comment on column populations.recipe is 'everything that decides the training, as JSON';

create table models (
    model_id integer primary key,
    population_id integer not null,
    replicate text,
    seed bigint,
    model_digest text,
    train_dataset_id integer,
    realised_sparsity double,
    n_bytes bigint
);
comment on table models is 'One row per network.';
comment on column models.replicate is 'networks of two populations with the same replicate are a matched pair; null = unmatched';
comment on column models.model_digest is 'SHA-256 of network, final weights and quantization; null if the predictions were imported';
comment on column models.realised_sparsity is 'fraction of the prunable weights that are zero';
comment on column models.n_bytes is 'size of the checkpoint on disk, bytes';

create table evaluations (
    model_id integer not null,
    dataset_id integer not null,
    evidence text not null check (evidence in ('logits', 'top-k', 'probabilities', 'labels')),
    evaluation_digest text not null,
    n_near_ties integer,
    transform text,
    dtype text,
    autocast text,
    device text,
    batch_size integer,
    versions json,
    primary key (model_id, dataset_id)
);
comment on table evaluations is 'One row per model and data set that it was run on; it covers every example or does not exist.';
comment on column evaluations.evidence is 'what is known of each prediction: logits, top-k, probabilities or labels';
comment on column evaluations.evaluation_digest is 'SHA-256 of model, data set, transform, dtype and autocast, or of the imported predictions';
comment on column evaluations.n_near_ties is 'examples whose two largest logits differ by less than 1e-4: another batch size may turn them over';
comment on column evaluations.device is 'recorded, not part of the digest; so are batch_size and versions';

create table predictions (
    model_id integer not null,
    dataset_id integer not null,
    example_id integer not null,
    predicted_label integer not null,
    loss float,
    confidence float,
    margin float,
    entropy float,
    label_rank integer
);
comment on table predictions is 'One row per model, data set and example; computed in float32 before any rounding, null where the evidence does not reach.';
comment on column predictions.predicted_label is 'class with the largest logit, the lowest on a tie';
comment on column predictions.loss is 'cross-entropy of the given label, nats';
comment on column predictions.confidence is 'largest probability';
comment on column predictions.margin is 'probability of the given label minus the largest other one, in [-1, 1]';
comment on column predictions.entropy is 'entropy of the probabilities, nats';
comment on column predictions.label_rank is 'rank of the given label from 0, by logit descending, then class ascending';

create table logits (
    model_id integer not null,
    dataset_id integer not null,
    example_id integer not null,
    logits float[],
    logits_half blob
);
comment on table logits is 'One row per model, data set and example whose logits were kept, in one of two forms.';
comment on column logits.logits is 'float32, one per class';
comment on column logits.logits_half is 'float16, little-endian bytes, two per class: half the size, opaque to SQL';

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
    kappa double,
    n_tied integer not null,
    n_near_ties integer
);
comment on table results.accuracy is 'One row per population and data set: accuracy and agreement of its networks.';
comment on column results.accuracy.top1_sd is 'standard deviation over networks, n − 1';
comment on column results.accuracy.top5_mean is 'null where the evidence holds no ranks';
comment on column results.accuracy.kappa is 'Fleiss'' kappa of the predicted labels';
comment on column results.accuracy.n_tied is 'examples with a tied modal label';
comment on column results.accuracy.n_near_ties is 'sum over networks of evaluations.n_near_ties';

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
    design text not null,
    n_permutations integer not null,
    is_exact boolean not null,
    null_mean double not null,
    null_sd double,
    null_conf_low double not null,
    null_conf_high double not null,
    null_difference double not null,
    p_value double not null,
    smallest_p double not null
);
comment on table results.pies is 'One row per comparison and data set: the PIEs and how many there would be if compression did nothing.';
comment on column results.pies.n_pairs is 'matched pairs; null if the design is unpaired';
comment on column results.pies.n_pies_untied is 'PIEs with no tie on either side';
comment on column results.pies.forgotten is 'modal label right before, wrong after; null if the data set has no labels, so are recovered and moved';
comment on column results.pies.design is 'paired or unpaired';
comment on column results.pies.n_permutations is 'relabellings drawn, or enumerated if is_exact';
comment on column results.pies.null_mean is 'mean number of PIEs over relabellings, in examples';
comment on column results.pies.null_conf_low is '2.5 % quantile over relabellings';
comment on column results.pies.null_conf_high is '97.5 % quantile over relabellings';
comment on column results.pies.null_difference is 'n_pies minus null_mean';
comment on column results.pies.p_value is 'share of relabellings with at least as many PIEs, the identity counted';
comment on column results.pies.smallest_p is 'smallest p that the design and the number of relabellings allow';

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
    total_sd double
);
comment on table results.flips is 'One row per comparison and data set: share of predictions that differ, mean over pairs of networks.';
comment on column results.flips.n_pairs is 'matched pairs, or all pairs if the design is unpaired';
comment on column results.flips.harmful is 'right to wrong, as a fraction of the labelled examples';
comment on column results.flips.beneficial is 'wrong to right';
comment on column results.flips.wrong_to_wrong is 'wrong to another wrong';
comment on column results.flips.total is 'all that differ, as a fraction of the examples';
comment on column results.flips.total_sd is 'standard deviation of total over pairs';

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
    raw_change double not null,
    std_error double,
    statistic double,
    df double,
    p_value double,
    p_adjusted double,
    conf_low double,
    conf_high double,
    flag text
);
comment on table results.classes is 'One row per comparison, data set, test and class: did its recall change otherwise than accuracy?';
comment on column results.classes.test is 'paired, welch or hooker';
comment on column results.classes.is_default is 'whether this is the test that the design calls for';
comment on column results.classes.n is 'examples of the class';
comment on column results.classes.estimate is 'change of recall minus accuracy';
comment on column results.classes.raw_change is 'change of recall';
comment on column results.classes.p_adjusted is 'Benjamini–Hochberg over the tested classes; null for hooker, which is published uncorrected';
comment on column results.classes.conf_low is '95 % interval of the estimate';
comment on column results.classes.flag is 'why there is no p-value: one-network, no-variance; else null';
