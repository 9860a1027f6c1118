-- The tables of a study. Plain DuckDB SQL; the comments are what the schema page of the docs is made from.
-- Per-example tables carry no primary key and there are no foreign keys: evaluations guards uniqueness (docs/schema.md says why).

create table study (key text primary key, value json);
comment on table study is 'One row per fact about the file itself.';
comment on column study.key is 'schema_version, definitions_digest (of views and macros), results_digest (of the result tables), recipe (the resolved STUDY.toml), headline (the answer of the last analysis in sentences), sorted_classes (data sets whose classes an import sorted by name)';
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
comment on column datasets.source_dataset_id is 'for an altered copy: the data set that it is a copy of, with the same examples and classes';
comment on column datasets.alteration is 'for an altered copy: what was done to it, such as gaussian-noise; label-noise replaced some labels and nothing else';
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

create table example_properties (
    dataset_id integer not null,
    example_id integer not null,
    property text not null,
    source text not null,
    number double,
    text text
);
comment on table example_properties is 'One row per data set, example, property and source: a number or a text that was measured outside; no row where there is none.';
comment on column example_properties.dataset_id is 'an altered copy inherits the properties of its source';
comment on column example_properties.property is 'for example c-score, or sex';
comment on column example_properties.source is 'where it comes from, such as a paper or a person';
comment on column example_properties.number is 'the value if it is a number; true is 1';
comment on column example_properties.text is 'the value if it is a text';

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
    evidence text not null check (evidence in ('logits', 'log-odds', 'top-k', 'probabilities', 'labels')),
    evaluation_digest text not null,
    n_near_ties integer,
    transform text,
    dtype text,
    autocast text,
    device text,
    batch_size integer,
    versions json,
    content_digest text,
    primary key (model_id, dataset_id)
);
comment on table evaluations is 'One row per model and data set that it was run on; it covers every example or does not exist.';
comment on column evaluations.evidence is 'what is known of each prediction: logits, log-odds (of the given label), top-k, probabilities or labels';
comment on column evaluations.evaluation_digest is 'SHA-256 of model, data set, transform, dtype and autocast, or of the imported predictions';
comment on column evaluations.n_near_ties is 'examples whose two largest logits differ by less than 1e-4: another batch size may turn them over';
comment on column evaluations.content_digest is 'SHA-256 of its rows in predictions and logits; null if it was stored before schema version 8';
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
    brier float,
    label_rank integer,
    label_log_odds float,
    logit_margin float
);
comment on table predictions is 'One row per model, data set and example; computed before any rounding, null where the evidence does not reach.';
comment on column predictions.predicted_label is 'class with the largest logit, the lowest on a tie';
comment on column predictions.loss is 'cross-entropy of the given label, nats';
comment on column predictions.confidence is 'largest probability';
comment on column predictions.margin is 'probability of the given label minus the largest other one, in [-1, 1]';
comment on column predictions.entropy is 'entropy of the probabilities, nats';
comment on column predictions.brier is 'Brier score of the probabilities over all classes, in [0, 2]: 0 if the given label has probability 1';
comment on column predictions.label_rank is 'rank of the given label from 0, by logit descending, then class ascending';
comment on column predictions.label_log_odds is 'log odds of the given label, its logit less the log-sum-exp of all others, nats; computed in float64';
comment on column predictions.logit_margin is 'logit of the given label less the largest other one, nats: the label is predicted where it is positive';

create table logits (
    model_id integer not null,
    dataset_id integer not null,
    example_id integer not null,
    logits float[],
    logits_half blob
);
comment on table logits is 'One row per model, data set and example whose logits were kept, in one of two forms.';
comment on column logits.logits is 'float32, one per class, up to a number per example: imported ones less the largest of the example';
comment on column logits.logits_half is 'float16, little-endian bytes, two per class, less the largest of the example: half the size, opaque to SQL';

create table thumbnails (
    dataset_id integer not null,
    example_id integer not null,
    png blob not null
);
comment on table thumbnails is 'One row per data set and example whose picture was kept, small, for people to look at.';
comment on column thumbnails.png is 'the picture as PNG';

create table texts (
    dataset_id integer not null,
    example_id integer not null,
    text text not null
);
comment on table texts is 'One row per data set and example whose text was kept, a question or a sentence, for people to look at.';
comment on column texts.text is 'what the networks were asked; of multiple choice the choices are its last lines';

create table annotation_samples (
    sample_id integer primary key,
    dataset_id integer not null,
    reference text not null,
    compressed text not null,
    seed bigint not null,
    codebook json not null,
    predictions_digest text not null
);
comment on table annotation_samples is 'One row per comparison of which examples are coded by hand.';
comment on column annotation_samples.reference is 'name of the population that is compared with';
comment on column annotation_samples.compressed is 'name of the compressed population, whose hit examples are coded among others';
comment on column annotation_samples.seed is 'of the drawing';
comment on column annotation_samples.predictions_digest is 'SHA-256 of the predictions of both populations when the sample was drawn: with others it says nothing of them';
comment on column annotation_samples.codebook is 'the categories: a list of objects with name and meaning';

create table annotation_examples (
    sample_id integer not null,
    pair integer not null,
    example_id integer not null,
    is_hit boolean not null
);
comment on table annotation_examples is 'One row per sample and example that is coded: a hit one and another of its class, about as hard, make a pair.';
comment on column annotation_examples.pair is 'number of the pair, from 0';
comment on column annotation_examples.is_hit is 'whether it is the one that was hit; who codes is not told';

create table annotations (
    sample_id integer not null,
    example_id integer not null,
    annotator text not null,
    category text not null,
    is_present boolean not null,
    coded_at timestamptz not null
);
comment on table annotations is 'One row per sample, example, annotator and category of the codebook: what people coded by hand.';
comment on column annotations.annotator is 'who coded';
comment on column annotations.is_present is 'whether the category applies to the example';

create table features (
    model_id integer not null,
    dataset_id integer not null,
    example_id integer not null,
    features float[],
    features_half blob
);
comment on table features is 'One row per model, data set and example whose features were kept, in one of two forms, that of the logits.';
comment on column features.features is 'what the last linear layer receives, float32, one per unit';
comment on column features.features_half is 'float16, little-endian bytes, two per unit: half the size, opaque to SQL';

create table layer_predictions (
    model_id integer not null,
    dataset_id integer not null,
    example_id integer not null,
    layer integer not null,
    layer_name text not null,
    predicted_label integer not null
);
comment on table layer_predictions is 'One row per model, data set, example and layer whose probe was asked.';
comment on column layer_predictions.layer is 'position from 0, the image itself; the last is the probabilities';
comment on column layer_predictions.layer_name is 'the convolution or linear layer that receives what the probe sees; softmax for the probabilities';
comment on column layer_predictions.predicted_label is 'most frequent label among the 30 nearest training examples, the lowest on a tie';

create table epoch_predictions (
    model_id integer not null,
    dataset_id integer not null,
    example_id integer not null,
    epoch integer not null,
    predicted_label integer not null,
    el2n float not null
);
comment on table epoch_predictions is 'One row per model, data set, example and epoch of training after which the network was asked.';
comment on column epoch_predictions.epoch is 'from 1; the last is the end of training, whether it ends an epoch or not';
comment on column epoch_predictions.predicted_label is 'class with the largest logit, the lowest on a tie';
comment on column epoch_predictions.el2n is 'length of the vector of errors, ‖probabilities − onehot(label)‖₂, in [0, √2]';

create table layers (
    model_id integer not null,
    layer integer not null,
    layer_name text not null,
    n_weights bigint not null,
    sparsity double not null,
    bits integer not null,
    is_prunable boolean not null
);
comment on table layers is 'One row per model and convolution or linear layer: what compression touched.';
comment on column layers.layer is 'position in the order of definition, from 0';
comment on column layers.n_weights is 'its weights, without biases';
comment on column layers.sparsity is 'fraction of them that are zero';
comment on column layers.bits is 'bits per weight in the checkpoint';
comment on column layers.is_prunable is 'whether pruning may touch it: every layer but the first and the last';
