select
  station,
  date_trunc('month', day) as month,
  round(avg(temp_max_c), 1) as temp_max_mean_c,
  round(avg(temp_min_c), 1) as temp_min_mean_c,
  max(temp_max_c) as temp_max_c,
  min(temp_min_c) as temp_min_c,
  round(sum(precipitation_mm), 1) as precipitation_mm,
  count(*) filter (weather = 'snow') as snow_days,
  count(*) as days
from ${{ ref('staging/days') }}
group by all
