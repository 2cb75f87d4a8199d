-- Deletes payloads that everybody has had time to fetch.
delete from ${schema}.event where id in (
    select id from ${schema}.event where since < clock_timestamp() - interval '5 minutes' limit 100 for update skip locked)
