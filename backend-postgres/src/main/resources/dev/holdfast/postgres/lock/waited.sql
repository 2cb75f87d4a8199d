-- Whether somebody waits for one of these names.
--   ?  key[]
select exists (select from ${schema}.waiter where key = any (?::bigint[]))
