{{ config(materialized='incremental', incremental_strategy='append', format='parquet') }}
select {{ var('run', 1) }} as run, count(*) as trips from {{ ref('trips') }}
{% if is_incremental() %} where {{ var('run', 1) }} > (select max(run) from {{ this }}) {% endif %}
