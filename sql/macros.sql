-- The questions of a study as table macros: the command line, the report and the Python API ask these same ones.
-- A parameter shadows an unqualified column of its name, so every column is qualified. dataset := null means the primary data set.
-- A name that the study does not have raises an error; it never gives an empty table.

create or replace macro dataset_id_of(dataset) as
    case
        when dataset is null then (select d.dataset_id from datasets as d where d.is_primary)
        else coalesce(
            (select d.dataset_id from datasets as d where d.name = dataset),
            error('no data set is named ''' || dataset || '''. The study has: '
                || (select coalesce(string_agg(d.name, ', ' order by d.dataset_id), 'none') from datasets as d) || '.')
        )
    end;
comment on macro dataset_id_of is 'dataset_id of a name; of the primary data set for null; an error if there is none of that name.';

create or replace macro population_id_of(population) as
    coalesce(
        (select p.population_id from populations as p where p.name = population),
        error('no population is named ''' || coalesce(population, 'null') || '''. The study has: '
            || (select coalesce(string_agg(p.name, ', ' order by p.population_id), 'none') from populations as p) || '.')
    );
comment on macro population_id_of is 'population_id of a name; an error if there is none of that name.';

create or replace macro evaluated_population_id_of(population, dataset) as
    case
        when exists (
            select 1
            from models as m
            join evaluations as e on e.model_id = m.model_id
            where m.population_id = population_id_of(population) and e.dataset_id = dataset_id_of(dataset)
        ) then population_id_of(population)
        else error('population ''' || population || ''' has no predictions on data set '''
            || coalesce(dataset, (select d.name from datasets as d where d.is_primary), 'none') || '''.')
    end;
comment on macro evaluated_population_id_of is
    'population_id of a name; an error if it does not exist or has no predictions on the data set.';

-- one row per network that was run on the data set
create or replace macro evaluated_models(population, dataset := null) as table
    select m.model_id, m.replicate, e.evidence, e.evaluation_digest, e.n_near_ties, e.dataset_id
    from models as m
    join evaluations as e on e.model_id = m.model_id
    where m.population_id = evaluated_population_id_of(population, dataset)
        and e.dataset_id = dataset_id_of(dataset);
comment on macro table evaluated_models is 'One row per network of the population that was run on the data set.';

-- log odds of the label from its loss, −log(e^loss − 1). Below 1e-5 a float32 loss has few digits, and above 80 it was cut off.
create or replace macro log_odds_of_loss(loss) as
    case when loss between 1e-5 and 80 then -loss::double - ln(1 - exp(-loss::double)) end;
comment on macro log_odds_of_loss is 'Log odds of the label from its cross-entropy (nats); null where float32 has too few digits of that.';

-- one row per network and example. Studies of before kept no log odds: they come from the loss there. Joined, and not filtered by
-- what a subquery finds: so DuckDB knows which rows to read before it reads them.
create or replace macro population_predictions(population, dataset := null) as table
    select
        p.model_id,
        p.example_id,
        p.predicted_label,
        p.loss,
        p.confidence,
        p.margin,
        p.entropy,
        p.brier,
        p.label_rank,
        coalesce(p.label_log_odds, log_odds_of_loss(p.loss)) as label_log_odds,
        p.logit_margin
    from evaluated_models(population, dataset := dataset) as k
    join predictions as p on p.model_id = k.model_id and p.dataset_id = k.dataset_id;
comment on macro table population_predictions is 'One row per network of the population and example of the data set.';

-- one row per network. Threads add in any order: rounding takes off the last bits, which differ.
create or replace macro accuracy(population, dataset := null) as table
    select
        k.model_id,
        k.replicate,
        count(x.label) as n_labelled,
        avg((p.predicted_label = x.label)::int) as top1,
        avg((p.label_rank < 5)::int) as top5,
        round(favg(p.loss), 12) as mean_loss,
        round(favg(p.brier), 12) as mean_brier,
        round(favg(p.confidence), 12) as mean_confidence
    from evaluated_models(population, dataset := dataset) as k
    join predictions as p on p.model_id = k.model_id and p.dataset_id = k.dataset_id
    join examples as x on x.dataset_id = p.dataset_id and x.example_id = p.example_id
    group by k.model_id, k.replicate
    order by k.replicate, k.model_id;
comment on macro table accuracy is 'One row per network: top-1 and top-5 accuracy on the labelled examples, mean loss (nats), Brier score and confidence.';

-- one row per network and class
create or replace macro class_recall(population, dataset := null) as table
    select
        p.model_id,
        x.label,
        count(*) as n_examples,
        avg((p.predicted_label = x.label)::int) as recall
    from population_predictions(population, dataset := dataset) as p
    join examples as x on x.dataset_id = dataset_id_of(dataset) and x.example_id = p.example_id
    where x.label is not null
    group by p.model_id, x.label
    order by p.model_id, x.label;
comment on macro table class_recall is 'One row per network and class that has examples: the share of them that is predicted right.';

-- one row per example and class that got a vote
create or replace macro votes(population, dataset := null) as table
    select p.example_id, p.predicted_label, count(*) as n_votes
    from population_predictions(population, dataset := dataset) as p
    group by p.example_id, p.predicted_label;
comment on macro table votes is 'One row per example and predicted class: how many networks predict it.';

-- one row per example. The tie rule is `lowest`: of the classes with the most votes the lowest index. Votes and class are packed
-- into one number so that one maximum decides (mode() differs from run to run on ties).
create or replace macro modal_labels(population, dataset := null) as table
    select
        x.example_id,
        x.key,
        x.label,
        1048575 - (top.lowest % 1048576) as modal_label,
        top.lowest // 1048576 as n_votes,
        1048575 - (top.lowest % 1048576) <> top.highest % 1048576 as is_tied,
        1048575 - (top.lowest % 1048576) = x.label as is_correct
    from (
        select
            v.example_id,
            max(v.n_votes * 1048576 + 1048575 - v.predicted_label) as lowest,
            max(v.n_votes * 1048576 + v.predicted_label) as highest
        from votes(population, dataset := dataset) as v
        group by v.example_id
    ) as top
    join examples as x on x.dataset_id = dataset_id_of(dataset) and x.example_id = top.example_id
    order by x.example_id;
comment on macro table modal_labels is 'One row per example: the class that most networks predict (ties: the lowest), its votes, and whether it is tied.';

-- one row per pruning identified exemplar. The votes of both populations are counted in one pass, and one more over the votes
-- gives the modal labels, packed as in modal_labels, and the distance.
create or replace macro pies(reference, compressed, dataset := null) as table
    with
    networks as (
        select k.model_id, k.dataset_id, bool_or(k.is_reference) as is_reference, bool_or(k.is_compressed) as is_compressed
        from (
            select r.model_id, r.dataset_id, true as is_reference, false as is_compressed
            from evaluated_models(reference, dataset := dataset) as r
            union all
            select c.model_id, c.dataset_id, false, true
            from evaluated_models(compressed, dataset := dataset) as c
        ) as k
        group by k.model_id, k.dataset_id
    ),
    sizes as (
        select
            count(*) filter (where networks.is_reference) as n_reference,
            count(*) filter (where networks.is_compressed) as n_compressed
        from networks
    ),
    both_votes as (
        select
            p.example_id,
            p.predicted_label,
            count(*) filter (where networks.is_reference) as n_reference,
            count(*) filter (where networks.is_compressed) as n_compressed
        from networks
        join predictions as p on p.model_id = networks.model_id and p.dataset_id = networks.dataset_id
        group by p.example_id, p.predicted_label
    ),
    compared as (
        select
            v.example_id,
            max(v.n_reference * 1048576 + 1048575 - v.predicted_label) % 1048576 as r_lowest,
            max(v.n_compressed * 1048576 + 1048575 - v.predicted_label) % 1048576 as c_lowest,
            max(v.n_reference * 1048576 + v.predicted_label) % 1048576 as r_highest,
            max(v.n_compressed * 1048576 + v.predicted_label) % 1048576 as c_highest,
            sum(abs(v.n_reference / sizes.n_reference - v.n_compressed / sizes.n_compressed)) as taxicab
        from both_votes as v
        cross join sizes
        group by v.example_id
    )
    select
        x.example_id,
        x.key,
        x.label,
        1048575 - compared.r_lowest as reference_label,
        1048575 - compared.c_lowest as compressed_label,
        case
            when x.label is null then null
            when 1048575 - compared.r_lowest = x.label then 'forgotten'
            when 1048575 - compared.c_lowest = x.label then 'recovered'
            else 'moved'
        end as direction,
        1048575 - compared.r_lowest <> compared.r_highest or 1048575 - compared.c_lowest <> compared.c_highest as is_tied,
        compared.taxicab
    from compared
    join examples as x on x.dataset_id = dataset_id_of(dataset) and x.example_id = compared.example_id
    where compared.r_lowest <> compared.c_lowest
    order by x.example_id;
comment on macro table pies is 'One row per pruning identified exemplar: an example whose modal labels differ, with direction, tie and taxicab distance in [0, 2].';

-- one row: PIEs of two comparisons on the same examples, such as those of two regimes
create or replace macro overlap(reference_a, compressed_a, reference_b, compressed_b, dataset := null) as table
    select
        count(a.example_id) as n_pies_a,
        count(b.example_id) as n_pies_b,
        count(a.example_id) filter (where b.example_id is not null) as n_both,
        count(*) as n_either,
        count(a.example_id) filter (where b.example_id is not null) / nullif(count(*), 0) as jaccard
    from pies(reference_a, compressed_a, dataset := dataset) as a
    full join pies(reference_b, compressed_b, dataset := dataset) as b on b.example_id = a.example_id;
comment on macro table overlap is 'One row: how many PIEs two comparisons have, how many in common, and their Jaccard index, null without any.';

-- one row: can the networks of the two populations be paired?
create or replace macro pairing(reference, compressed, dataset := null) as table
    select
        coalesce(r.replicates = c.replicates and r.is_named and c.is_named, false) as is_paired,
        r.n as n_reference,
        c.n as n_compressed
    from (
        select list(k.replicate order by k.replicate) as replicates, count(*) = count(k.replicate) as is_named, count(*) as n
        from evaluated_models(reference, dataset := dataset) as k
    ) as r
    cross join (
        select list(k.replicate order by k.replicate) as replicates, count(*) = count(k.replicate) as is_named, count(*) as n
        from evaluated_models(compressed, dataset := dataset) as k
    ) as c;
comment on macro table pairing is 'One row: is_paired if the replicate names of both populations are given and equal; and how many networks each has.';

-- one row per pair of networks: matched replicates if the design is paired, else every pair
create or replace macro network_pairs(reference, compressed, dataset := null) as table
    select
        r.model_id as reference_model_id,
        c.model_id as compressed_model_id,
        r.replicate as reference_replicate,
        c.replicate as compressed_replicate
    from evaluated_models(reference, dataset := dataset) as r
    join evaluated_models(compressed, dataset := dataset) as c
        on r.replicate = c.replicate or not (select is_paired from pairing(reference, compressed, dataset := dataset));
comment on macro table network_pairs is 'One row per pair of networks: matched replicates if the names of both populations are given and equal, else every pair.';

-- one row per pair of networks and example: what each answers
create or replace macro paired_answers(reference, compressed, dataset := null) as table
    select
        pairs.*,
        x.example_id,
        x.key,
        x.label,
        r.predicted_label as reference_label,
        c.predicted_label as compressed_label,
        case
            when r.predicted_label = c.predicted_label then 'same'
            when x.label is null then 'changed'
            when r.predicted_label = x.label then 'lost'
            when c.predicted_label = x.label then 'gained'
            else 'changed_wrong'
        end as change
    from network_pairs(reference, compressed, dataset := dataset) as pairs
    join population_predictions(reference, dataset := dataset) as r on r.model_id = pairs.reference_model_id
    join population_predictions(compressed, dataset := dataset) as c
        on c.model_id = pairs.compressed_model_id and c.example_id = r.example_id
    join examples as x on x.dataset_id = dataset_id_of(dataset) and x.example_id = r.example_id;
comment on macro table paired_answers is 'One row per pair of networks and example: what both answer, and what that is called: same, lost (right before, wrong now), gained, changed_wrong, or changed where there is no label.';

-- one row per pair of networks; what needs labels is null without
create or replace macro change_counts(reference, compressed, dataset := null) as table
    select
        a.reference_model_id,
        a.compressed_model_id,
        a.reference_replicate,
        a.compressed_replicate,
        count(*) as n,
        count(*) - count(a.label) as n_unlabelled,
        case when count(a.label) > 0 then count(*) filter (where a.change = 'lost') end as lost,
        case when count(a.label) > 0 then count(*) filter (where a.change = 'gained') end as gained,
        case when count(a.label) > 0 then count(*) filter (where a.change = 'changed_wrong') end as changed_wrong,
        count(*) filter (where a.change = 'same') as agree,
        avg((a.change <> 'same')::int) as churn
    from paired_answers(reference, compressed, dataset := dataset) as a
    group by a.reference_replicate, a.compressed_replicate, a.reference_model_id, a.compressed_model_id
    order by a.reference_replicate, a.compressed_replicate, a.reference_model_id, a.compressed_model_id;
comment on macro table change_counts is 'One row per pair of networks: examples, lost and gained ones (right before and wrong now, and the reverse), changed from wrong to another wrong, unchanged, and the share that changed; null where it takes labels and there are none.';

-- one row per pair of networks: matched replicates if the design is paired, else every pair
create or replace macro flips(reference, compressed, dataset := null) as table
    select
        pairs.reference_model_id,
        pairs.compressed_model_id,
        pairs.reference_replicate,
        pairs.compressed_replicate,
        avg((r.predicted_label = x.label and c.predicted_label <> x.label)::int)
            filter (where x.label is not null) as harmful,
        avg((r.predicted_label <> x.label and c.predicted_label = x.label)::int)
            filter (where x.label is not null) as beneficial,
        avg((r.predicted_label <> c.predicted_label and r.predicted_label <> x.label and c.predicted_label <> x.label)::int)
            filter (where x.label is not null) as wrong_to_wrong,
        avg((r.predicted_label <> c.predicted_label)::int) as total
    from network_pairs(reference, compressed, dataset := dataset) as pairs
    join population_predictions(reference, dataset := dataset) as r on r.model_id = pairs.reference_model_id
    join population_predictions(compressed, dataset := dataset) as c
        on c.model_id = pairs.compressed_model_id and c.example_id = r.example_id
    join examples as x on x.dataset_id = dataset_id_of(dataset) and x.example_id = r.example_id
    group by all
    order by pairs.reference_replicate, pairs.compressed_replicate, pairs.reference_model_id, pairs.compressed_model_id;
comment on macro table flips is 'One row per pair of networks: the share of examples whose prediction differs (total), and of labelled ones that got worse, better, or wrong in another way.';

-- one row per predicted class
create or replace macro vote_sums(population, dataset := null) as table
    select v.predicted_label, sum(v.n_votes) as n_votes, sum(v.n_votes * v.n_votes) as sum_squared_votes
    from votes(population, dataset := dataset) as v
    group by v.predicted_label
    order by v.predicted_label;
comment on macro table vote_sums is 'One row per predicted class: its votes over all examples, and the sum of their squares per example (for Fleiss'' kappa).';

-- one row per property and source that the data set can be asked for
create or replace macro known_properties(dataset := null) as table
    select distinct p.property, p.source, p.dataset_id
    from datasets as d
    join example_properties as p on p.dataset_id = d.dataset_id or p.dataset_id = d.source_dataset_id
    where d.dataset_id = dataset_id_of(dataset)
        and (
            p.dataset_id = d.dataset_id
            or p.property not in (select own.property from example_properties as own where own.dataset_id = d.dataset_id)
        )
    order by p.property, p.source;
comment on macro table known_properties is
    'One row per property and source that the data set has: its own, and for an altered copy those of its source that it lacks itself.';

create or replace macro known_property(property, dataset) as
    case (
        select count(*)
        from known_properties(dataset := dataset) as k
        where k.property = property or k.property || '@' || k.source = property
    )
        when 1 then property
        when 0 then error('data set ''' || (select d.name from datasets as d where d.dataset_id = dataset_id_of(dataset))
            || ''' has no property ''' || coalesce(property, 'null') || '''. It has: '
            || (
                select coalesce(string_agg(distinct k.property, ', ' order by k.property), 'none')
                from known_properties(dataset := dataset) as k
            ) || '.')
        else error('property ''' || property || ''' comes from several sources. Say which: '
            || (
                select string_agg(k.property || '@' || k.source, ', ' order by k.source)
                from known_properties(dataset := dataset) as k
                where k.property = property
            ) || '.')
    end;
comment on macro known_property is
    'The property itself, NAME or NAME@SOURCE; an error if the data set has none of that name, or several by that name.';

-- one row per example that has a value
create or replace macro example_property(property, dataset := null) as table
    select e.example_id, e.number, e.text
    from known_properties(dataset := dataset) as k
    join example_properties as e on e.dataset_id = k.dataset_id and e.property = k.property and e.source = k.source
    where known_property(property, dataset) in (k.property, k.property || '@' || k.source)
    order by e.example_id;
comment on macro table example_property is
    'One row per example that has a value of the property, NAME or NAME@SOURCE: a number or a text. Altered copies inherit.';

create or replace macro number_text(number) as
    case when number = trunc(number) and abs(number) < 1e15 then number::bigint::text else number::text end;
comment on macro number_text is 'A number as text, without .0 if it is whole.';

-- one row per example. A property with more than ten distinct numbers is cut at its quartiles; edges that fall together are one edge,
-- so that there may be fewer than four bins. Edges are shown with four digits if that keeps them apart.
create or replace macro subgroups(property, dataset := null) as table
    with
    parts as (
        select
            unnest(list_transform(string_split(property, '*'), lambda part: trim(part))) as name,
            generate_subscripts(string_split(property, '*'), 1) as part
    ),
    known_parts as (
        select parts.part, case parts.name when 'class' then 'class' else known_property(parts.name, dataset) end as name
        from parts
    ),
    found as (
        select known_parts.part, e.example_id, e.number, nullif(e.text, 'missing') as text, e.text is null as is_number
        from known_parts
        join known_properties(dataset := dataset) as k on known_parts.name in (k.property, k.property || '@' || k.source)
        join example_properties as e on e.dataset_id = k.dataset_id and e.property = k.property and e.source = k.source
        union all
        select known_parts.part, x.example_id, x.label, d.class_names[x.label + 1], false
        from known_parts
        join datasets as d on d.dataset_id = dataset_id_of(dataset)
        join examples as x on x.dataset_id = d.dataset_id and x.label is not null
        where known_parts.name = 'class'
    ),
    cuts as (
        select
            found.part,
            list_sort(list_distinct(quantile_cont(found.number, [0, 0.25, 0.5, 0.75, 1]))) as edges
        from found
        where found.is_number
        group by found.part
        having count(distinct found.number) > 10
    ),
    named_cuts as (
        select
            cuts.part,
            cuts.edges,
            case
                when len(list_distinct(list_transform(cuts.edges, lambda edge: format('{:.4g}', edge)))) = len(cuts.edges)
                    and list_max(list_transform(cuts.edges, lambda edge: abs(edge))) < 1e4
                then list_transform(cuts.edges, lambda edge: format('{:.4g}', edge))
                else list_transform(cuts.edges, lambda edge: number_text(edge))
            end as names
        from cuts
    ),
    placed as (
        select
            found.part,
            found.example_id,
            found.text,
            found.number,
            named_cuts.names,
            least(len(list_filter(named_cuts.edges, lambda edge: edge <= found.number)), len(named_cuts.edges) - 1) as bin
        from found
        left join named_cuts on named_cuts.part = found.part
    ),
    labelled as (
        select
            known_parts.part,
            x.example_id,
            coalesce(placed.bin, placed.number) as position,
            case
                when placed.bin is not null then '[' || placed.names[placed.bin] || ', ' || placed.names[placed.bin + 1]
                    || case when placed.bin = len(placed.names) - 1 then ']' else ')' end
                else coalesce(placed.text, number_text(placed.number), 'missing')
            end as name
        from known_parts
        join examples as x on x.dataset_id = dataset_id_of(dataset)
        left join placed on placed.part = known_parts.part and placed.example_id = x.example_id
    ),
    ranked as (
        select
            labelled.part,
            labelled.example_id,
            labelled.name,
            dense_rank() over (
                partition by labelled.part order by labelled.name = 'missing', labelled.position nulls last, labelled.name
            ) as place
        from labelled
    ),
    crossed as (
        select
            ranked.example_id,
            string_agg(ranked.name, ' × ' order by ranked.part) as name,
            list(ranked.place order by ranked.part) as places
        from ranked
        group by ranked.example_id
    )
    select
        crossed.example_id,
        (dense_rank() over (order by crossed.places))::int - 1 as group_id,
        crossed.name as "group"
    from crossed
    order by crossed.example_id;
comment on macro table subgroups is
    'One row per example: its group by a property, by the given label (class), or by a crossing (sex*age); quartiles of numbers with over ten values.';

-- one row per network and group
create or replace macro subgroup_rates(population, property, dataset := null) as table
    select
        k.model_id,
        k.replicate,
        g."group",
        count(*) as n_examples,
        avg((p.predicted_label = x.label)::int) as accuracy,
        avg((p.predicted_label = 1)::int) filter (where x.label = 0 and len(d.class_names) = 2) as false_positive_rate,
        avg((p.predicted_label = 0)::int) filter (where x.label = 1 and len(d.class_names) = 2) as false_negative_rate,
        case when any_value(len(d.class_names)) = 2 then count(*) filter (where x.label = 0) end as n_negatives,
        case when any_value(len(d.class_names)) = 2 then count(*) filter (where x.label = 1) end as n_positives,
        g.group_id
    from evaluated_models(population, dataset := dataset) as k
    join datasets as d on d.dataset_id = dataset_id_of(dataset)
    join predictions as p on p.model_id = k.model_id and p.dataset_id = d.dataset_id
    join examples as x on x.dataset_id = p.dataset_id and x.example_id = p.example_id and x.label is not null
    join subgroups(property, dataset := dataset) as g on g.example_id = p.example_id
    group by k.model_id, k.replicate, g.group_id, g."group"
    order by k.replicate, k.model_id, g.group_id;
comment on macro table subgroup_rates is
    'One row per network and group of labelled examples: accuracy, and with two classes the false positive and false negative rate (positive: class 1).';

-- one row. Of two networks of the population, drawn at random: Σ v (v − 1) / (K (K − 1)) pairs agree on an example with votes v.
create or replace macro churn(population, dataset := null) as table
    select
        networks.n as n_networks,
        1 - sum(v.n_votes * (v.n_votes - 1)) / nullif(sum(v.n_votes) * (networks.n - 1), 0) as total
    from votes(population, dataset := dataset) as v
    cross join (select count(*) as n from evaluated_models(population, dataset := dataset) as k) as networks
    group by networks.n;
comment on macro table churn is 'One row: the share of predictions that differ between two networks of the population, null for a single one.';

create or replace macro analyzed_comparison(reference, compressed, dataset) as
    case
        when evaluated_population_id_of(reference, dataset) is null or evaluated_population_id_of(compressed, dataset) is null
            then null
        else coalesce(
            (
                select
                    case
                        when h.method = 'log-odds' and h.flag is null then h.dataset
                        else error('''' || compressed || ''' against ''' || reference || ''': no log odds to test single examples by ('
                            || coalesce(h.flag, 'not recorded') || '). results.examples_hits has what was asked instead.')
                    end
                from results.examples_hits as h
                join datasets as d on d.name = h.dataset
                where h.reference = reference and h.compressed = compressed and d.dataset_id = dataset_id_of(dataset)
            ),
            error('''' || compressed || ''' against ''' || reference || ''' is in no result: run pietools analyze first, with '
                || '--compare if they are not compared anyway.')
        )
    end;
comment on macro analyzed_comparison is
    'Name of the data set on which the last analysis compared two populations; an error if it did not.';

-- the stored answer of the topic examples
create or replace macro hit_examples(reference, compressed, dataset := null) as table
    select
        x.example_id,
        x.key,
        x.label,
        x.finding,
        x.estimate,
        x.conf_low,
        x.conf_high,
        x.p_adjusted,
        x.false_sign_rate,
        x.error_reference,
        x.error_compressed,
        x.turned,
        x.is_pie
    from (select analyzed_comparison(reference, compressed, dataset) as dataset) as asked
    -- An inner join with an empty table would never ask whether there was an analysis.
    left join results.examples_changes as x
        on x.dataset = asked.dataset and x.reference = reference and x.compressed = compressed
    where asked.dataset is null or x.finding is not null
    order by x.p_value, abs(x.estimate) desc, x.example_id;
comment on macro table hit_examples is 'One row per example that was hit or spared more than examples as hard as it, the clearest first; as the last pietools analyze found.';
