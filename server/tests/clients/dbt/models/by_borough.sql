{{ config(materialized='view') }}
select borough, count(*) as trips, sum(fare) as fares
from {{ ref('trips') }} join {{ ref('zones') }} using (zone_id)
group by borough
