-- Questions to start from: open a study in the DuckDB shell and paste one. Names are those of the embedded study
-- (pietools demo --out demo; duckdb demo/study.duckdb).

-- Who is in the study?
from population_details;

-- How many PIEs, and in which direction?
select direction, count(*) as n
from pies('supervised/dense', 'supervised/magnitude-0.9')
group by direction
order by direction;

-- How many PIEs are there after shuffling dense and compressed networks? (after pietools analyze)
select compressed, n_pies, null_mean, null_conf_low, null_conf_high, p_value
from results.pies
order by compressed;

-- How many of 10,000 answers change beyond training again, and how many of these because answers moved? (with 95 % intervals)
select compressed, round(10000 * more) as more, round(10000 * estimate) as moved, round(10000 * conf_low) as low, round(10000 * conf_high) as high
from results.flips_churn
order by compressed;

-- Which single examples were hit more than examples as hard as they, the clearest first? (after pietools analyze)
from hit_examples('supervised/dense', 'supervised/magnitude-0.9')
where finding = 'hit'
limit 10;

-- And which ones are answered wrong much more often than before?
select key, label, error_reference, error_compressed, p_lost
from results.examples_changes
where compressed = 'supervised/magnitude-0.9' and turned = 'lost'
order by p_lost desc, example_id
limit 10;

-- How many predictions change from one dense network to the next?
from churn('supervised/dense');

-- How accurate are the networks on each group of examples? (class, a property of yours, or a crossing of them)
select "group", avg(accuracy) as mean_accuracy
from subgroup_rates('supervised/dense', 'class')
group by "group"
order by mean_accuracy;

-- Which classes do the forgotten examples belong to?
select d.class_names[p.label + 1] as class, count(*) as n_forgotten
from pies('supervised/dense', 'supervised/magnitude-0.9') as p, datasets as d
where p.direction = 'forgotten' and d.is_primary
group by class
order by n_forgotten desc;

-- The examples on which the two populations are furthest apart.
select key, label, reference_label, compressed_label, taxicab
from pies('supervised/dense', 'supervised/magnitude-0.9')
order by taxicab desc, example_id
limit 10;

-- Are PIEs the examples that dense networks find hard?
select p.example_id is not null as is_pie, count(distinct x.example_id) as n, avg(x.loss) as mean_dense_loss
from population_predictions('supervised/dense') as x
left join pies('supervised/dense', 'supervised/magnitude-0.9') as p on p.example_id = x.example_id
group by is_pie
order by is_pie;

-- Do two compressions forget the same examples?
select
    (select count(*) from pies('supervised/dense', 'supervised/magnitude-0.9')) as n_strong,
    (select count(*) from pies('supervised/dense', 'supervised/magnitude-0.97')) as n_stronger,
    (select count(*)
     from pies('supervised/dense', 'supervised/magnitude-0.9') as a
     join pies('supervised/dense', 'supervised/magnitude-0.97') as b on b.example_id = a.example_id) as n_both;

-- How often do networks forget in training what they had right? Forgetting events: right after one epoch, wrong after the
-- next (Toneva et al. 2019). Needs [training] record in the STUDY.toml. The embedded study has no epochs, hence no examples.
with changes as (
    select
        x.model_id,
        x.dataset_id,
        x.example_id,
        x.predicted_label = e.label as is_right,
        lag(x.predicted_label) over (partition by x.model_id, x.dataset_id, x.example_id order by x.epoch) = e.label as was_right
    from epoch_predictions as x
    join examples as e on e.dataset_id = x.dataset_id and e.example_id = x.example_id
    where e.label is not null
),
events as (
    select count(*) filter (where was_right and not is_right) as n_events, bool_or(is_right) as is_ever_right
    from changes
    group by model_id, dataset_id, example_id
)
select
    count(*) as n_examples,
    count(*) filter (where n_events > 0) as n_forgotten,
    avg(n_events) as mean_events,
    count(*) filter (where not is_ever_right) as n_never_learned
from events;
