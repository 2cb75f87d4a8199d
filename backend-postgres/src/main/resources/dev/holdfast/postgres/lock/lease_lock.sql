-- Locks the rows of names in the order of keys: whoever then changes some of them in another order waits for nobody in a ring.
--   ?  key[]
select count(*) from (select from ${schema}.lease_hold where key = any (?::bigint[]) order by key for update) locked
