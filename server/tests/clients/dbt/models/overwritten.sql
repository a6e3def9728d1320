{{ config(materialized='incremental', incremental_strategy='insert_overwrite', format='parquet', partitioned_by=['day']) }}
select trip_id, {{ var('run', 1) }} as run, day from {{ ref('trips') }}
{% if is_incremental() %} where day = date '2024-01-02' {% endif %}
