-- One row a station and day. A day that the source repeats is taken once.
select distinct
  location as station,
  cast(date as date) as day,
  cast(precipitation as double) as precipitation_mm,
  cast(temp_max as double) as temp_max_c,
  cast(temp_min as double) as temp_min_c,
  cast(wind as double) as wind,
  weather
from ${{ ref('raw/observations') }}
