"""The version of the tables in sql/schema.sql, and what brings a file of an older one up to date."""

SCHEMA_VERSION = 8
# What a file of an older version needs to become one of the next; nothing where only results or rules changed. Results are not
# carried over: they can be computed again.
MIGRATIONS = {
    1: """
        alter table predictions add column brier float;
        create table example_properties (
            dataset_id integer not null, example_id integer not null, property text not null, source text not null,
            number double, text text
        );
    """,
    2: """
        create table features (
            model_id integer not null, dataset_id integer not null, example_id integer not null, features float[],
            features_half blob
        );
        create table layer_predictions (
            model_id integer not null, dataset_id integer not null, example_id integer not null, layer integer not null,
            layer_name text not null, predicted_label integer not null
        );
        create table epoch_predictions (
            model_id integer not null, dataset_id integer not null, example_id integer not null, epoch integer not null,
            predicted_label integer not null, el2n float not null
        );
        create table layers (
            model_id integer not null, layer integer not null, layer_name text not null, n_weights bigint not null,
            sparsity double not null, bits integer not null, is_prunable boolean not null
        );
    """,
    3: "",
    4: "",
    # DuckDB cannot change a check: the table is made anew.
    5: """
        create table thumbnails (dataset_id integer not null, example_id integer not null, png blob not null);
        alter table predictions add column label_log_odds float;
        alter table predictions add column logit_margin float;
        alter table evaluations rename to old_evaluations;
        create table evaluations (
            model_id integer not null, dataset_id integer not null,
            evidence text not null check (evidence in ('logits', 'log-odds', 'top-k', 'probabilities', 'labels')),
            evaluation_digest text not null, n_near_ties integer, transform text, dtype text, autocast text, device text,
            batch_size integer, versions json,
            primary key (model_id, dataset_id)
        );
        insert into evaluations by name select * from old_evaluations;
        drop table old_evaluations;
    """,
    6: """
        create table texts (dataset_id integer not null, example_id integer not null, text text not null);
        create table annotation_samples (
            sample_id integer primary key, dataset_id integer not null, reference text not null, compressed text not null,
            seed bigint not null, codebook json not null, predictions_digest text not null
        );
        create table annotation_examples (
            sample_id integer not null, pair integer not null, example_id integer not null, is_hit boolean not null
        );
        create table annotations (
            sample_id integer not null, example_id integer not null, annotator text not null, category text not null,
            is_present boolean not null, coded_at timestamptz not null
        );
    """,
    7: "alter table evaluations add column content_digest text",
}
