-- Predictions of one pair of networks, from the embedded study.   In a checkout: duckdb < data/pair/make.sql
copy (
    select
        x.key as id,
        d.class_names[x.label + 1] as label,
        d.class_names[dense.predicted_label + 1] as pred_dense,
        round(dense.confidence, 4) as conf_dense,
        d.class_names[pruned.predicted_label + 1] as pred_pruned,
        d.class_names[again.predicted_label + 1] as pred_dense_again
    from 'data/fashion-mnist/study/examples.parquet' as x
    join 'data/fashion-mnist/study/datasets.parquet' as d on d.dataset_id = x.dataset_id and d.is_primary
    join (
        select p.* from 'data/fashion-mnist/study/predictions.parquet' as p
        join 'data/fashion-mnist/study/models.parquet' as m using (model_id)
        join 'data/fashion-mnist/study/populations.parquet' as q using (population_id)
        where q.name = 'supervised/dense' and m.replicate = '0'
    ) as dense on dense.dataset_id = x.dataset_id and dense.example_id = x.example_id
    join (
        select p.* from 'data/fashion-mnist/study/predictions.parquet' as p
        join 'data/fashion-mnist/study/models.parquet' as m using (model_id)
        join 'data/fashion-mnist/study/populations.parquet' as q using (population_id)
        where q.name = 'supervised/magnitude-0.9' and m.replicate = '0'
    ) as pruned on pruned.dataset_id = x.dataset_id and pruned.example_id = x.example_id
    join (
        select p.* from 'data/fashion-mnist/study/predictions.parquet' as p
        join 'data/fashion-mnist/study/models.parquet' as m using (model_id)
        join 'data/fashion-mnist/study/populations.parquet' as q using (population_id)
        where q.name = 'supervised/dense-2' and m.model_id = (
            select min(o.model_id) from 'data/fashion-mnist/study/models.parquet' as o where o.population_id = q.population_id)
    ) as again on again.dataset_id = x.dataset_id and again.example_id = x.example_id
    order by x.example_id
) to 'data/pair/predictions.csv' (header);
