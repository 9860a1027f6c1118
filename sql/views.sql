-- Views with names in place of numbers, for people at the shell.

-- one row per population, as the command line lists them
create or replace view population_details as
    select
        populations.name,
        populations.role,
        populations.regime,
        populations.method,
        populations.sparsity,
        populations.bits,
        reference.name as reference,
        parent.name as parent,
        (select count(*) from models where models.population_id = populations.population_id) as n_models
    from populations
    left join populations as reference on reference.population_id = populations.reference_id
    left join populations as parent on parent.population_id = populations.parent_id
    order by populations.population_id;
comment on view population_details is 'One row per population, with the names of its reference and parent and its number of networks.';

-- one row per model, data set and example, with names
create or replace view prediction_details as
    select
        populations.name as population,
        models.replicate,
        datasets.name as dataset,
        examples.key,
        examples.label,
        predictions.* exclude (dataset_id),
        predictions.predicted_label = examples.label as is_correct
    from predictions
    join models on models.model_id = predictions.model_id
    join populations on populations.population_id = models.population_id
    join datasets on datasets.dataset_id = predictions.dataset_id
    join examples on examples.dataset_id = predictions.dataset_id and examples.example_id = predictions.example_id;
comment on view prediction_details is 'One row per model, data set and example, with the names of population, data set and example.';

-- one row per population whose networks' layers are known: how much was compressed, and where
create or replace view compression_details as
    with by_layer as (
        select
            models.population_id,
            layers.layer,
            layers.layer_name,
            -- A weight may be zero by chance, and those of a probe are where a feature is constant.
            min(layers.bits) < 32
            or (bool_or(populations.sparsity > 0) and bool_or(layers.is_prunable) and max(layers.sparsity) > 0) as is_compressed
        from layers
        join models on models.model_id = layers.model_id
        join populations on populations.population_id = models.population_id
        group by models.population_id, layers.layer, layers.layer_name
    ),
    by_population as (
        select
            population_id,
            coalesce(list(layer_name order by layer) filter (where is_compressed), []) as compressed_layers,
            coalesce(list(layer_name order by layer) filter (where not is_compressed), []) as other_layers
        from by_layer
        group by population_id
    )
    select
        populations.name as population,
        populations.method,
        populations.sparsity,
        avg(models.realised_sparsity) as realised_sparsity,
        populations.bits,
        avg(models.n_bytes) as n_bytes,
        by_population.compressed_layers,
        by_population.other_layers
    from by_population
    join populations on populations.population_id = by_population.population_id
    join models on models.population_id = populations.population_id
    group by
        populations.population_id,
        populations.reference_id,
        populations.name,
        populations.method,
        populations.sparsity,
        populations.bits,
        by_population.compressed_layers,
        by_population.other_layers
    order by coalesce(populations.reference_id, populations.population_id), populations.population_id;
comment on view compression_details is 'One row per population: how sparse its networks are, their mean size on disk in bytes, and which layers hold zeros or fewer bits.';

-- one row per regime and fact of its training that is not the same in all regimes
create or replace view regime_differences as
    with facts as (
        select populations.population_id, populations.regime, fact.key as fact, fact.value ->> '$' as value
        from populations, json_each(populations.recipe, '$.regime') as fact
        where populations.role = 'dense' and fact.key <> 'name'
    ),
    different as (
        select facts.fact, count(*) as n_regimes
        from facts
        group by facts.fact
        having count(distinct facts.value) > 1 or count(*) < (select count(distinct population_id) from facts)
    )
    select facts.fact, facts.regime, facts.value
    from facts
    join different on different.fact = facts.fact
    order by different.n_regimes desc, facts.fact, facts.population_id;
comment on view regime_differences is 'One row per regime and fact that differs between the regimes: loss, labels, images per step and so on, by the recipes of the dense populations.';
