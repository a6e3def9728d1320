{{ config(materialized='table', format='json', bucketed_by=none) }}
select * from {{ ref('zones') }} where area is not null
