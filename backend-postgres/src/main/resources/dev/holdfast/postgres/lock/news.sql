-- What happened to the holds of a session: those that others wait for, and those it is told to let go.
--   ?  key[], holder
select key, high, low, contended, forced from ${schema}.${kind}_hold
where key = any (?::bigint[]) and holder = ? and high is not null
