-- Deletes waiters that have been dead for a minute.
delete from ${schema}.waiter where (key, high, low) in (
    select key, high, low from ${schema}.waiter where ends < clock_timestamp() - interval '1 minute'
    limit 1000 for update skip locked)
