with ranked as (
  select station, 'hottest' as record, day, temp_max_c as value, row_number() over (partition by station order by temp_max_c desc, day) as place from ${{ ref('staging/days') }}
  union all
  select station, 'coldest', day, temp_min_c, row_number() over (partition by station order by temp_min_c, day) from ${{ ref('staging/days') }}
  union all
  select station, 'wettest', day, precipitation_mm, row_number() over (partition by station order by precipitation_mm desc, day) from ${{ ref('staging/days') }}
  union all
  select station, 'windiest', day, wind, row_number() over (partition by station order by wind desc, day) from ${{ ref('staging/days') }}
)
select station, record, day, value from ranked where place = 1
