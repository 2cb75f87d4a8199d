-- Locked in the order of keys first, so that two statements with common keys never wait for each other in a ring.
with locked as materialized (
    select key from ${schema}.entry where key = any (?) order by key for update
)
delete from ${schema}.entry e using locked
where e.key = locked.key and (e.expires is null or e.expires > clock_timestamp())
returning e.key
