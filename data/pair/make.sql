-- Predictions of one pair of networks, from the embedded study.   In a checkout: duckdb < data/pair/make.sql
copy (
    with networks as (
        select q.name, min(m.model_id) as model_id
        from 'data/fashion-mnist/study/models.parquet' as m
        join 'data/fashion-mnist/study/populations.parquet' as q using (population_id)
        where q.name = 'supervised/dense-2'
            or (q.name in ('supervised/dense', 'supervised/magnitude-0.9') and m.replicate = '0')
        group by q.name
    ),
    answers as (
        select n.name, x.example_id, x.key, d.class_names[x.label + 1] as label, p.confidence,
            d.class_names[p.predicted_label + 1] as answer
        from 'data/fashion-mnist/study/predictions.parquet' as p
        join networks as n using (model_id)
        join 'data/fashion-mnist/study/datasets.parquet' as d on d.dataset_id = p.dataset_id and d.is_primary
        join 'data/fashion-mnist/study/examples.parquet' as x on x.dataset_id = p.dataset_id and x.example_id = p.example_id
    )
    select
        key as id,
        any_value(label) as label,
        any_value(answer) filter (where name = 'supervised/dense') as pred_dense,
        round(any_value(confidence) filter (where name = 'supervised/dense'), 4) as conf_dense,
        any_value(answer) filter (where name = 'supervised/magnitude-0.9') as pred_pruned,
        any_value(answer) filter (where name = 'supervised/dense-2') as pred_dense_again
    from answers
    group by example_id, key
    order by example_id
) to 'data/pair/predictions.csv' (header);
