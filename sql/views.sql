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
