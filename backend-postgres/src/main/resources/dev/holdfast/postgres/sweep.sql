-- Deletes a few rows whose time is over. now(), unlike clock_timestamp(), may be looked up in the index. The second condition is asked
-- again of a row that somebody has written meanwhile.
with dead as materialized (
    select key from ${schema}.entry where expires <= now() order by expires limit ? for update skip locked
)
delete from ${schema}.entry e using dead
where e.key = dead.key and e.expires <= now()
