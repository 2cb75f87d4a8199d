-- Takes waiters out of the queues.
--   ?  key[], high[], low[]
delete from ${schema}.waiter w using unnest(?::bigint[], ?::bigint[], ?::bigint[]) as a (key, high, low)
where w.key = a.key and w.high = a.high and w.low = a.low
