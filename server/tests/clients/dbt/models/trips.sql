{{ config(materialized='table', format='parquet', write_compression='snappy', partitioned_by=['day']) }}
select n as trip_id, element_at(array[1, 4, 7], cast(n % 3 as integer) + 1) as zone_id, n * 1.5e0 as fare, date_add('day', n % 2, date '2024-01-01') as day
from unnest(sequence(1, 12)) as t(n)
