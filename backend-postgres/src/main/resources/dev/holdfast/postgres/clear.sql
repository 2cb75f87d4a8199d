-- Deletes a part of the keys from one (inclusive) to another (exclusive); tells how many entries that were, and the last key.
with part as materialized (
    select key from ${schema}.entry where key >= ? and key < ? order by key limit ? for update
), gone as (
    delete from ${schema}.entry e using part where e.key = part.key
    returning e.expires
)
select (select count(*) from gone where expires is null or expires > clock_timestamp()),
    (select key from part order by key desc limit 1)
