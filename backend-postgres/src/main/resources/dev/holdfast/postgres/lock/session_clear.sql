-- Frees the rows of a session that begins: they are of the one before it, of the same id. What others are writing right now is theirs.
--   ?  id
update ${schema}.session_hold
set high = null, low = null, contended = false, forced = false, ends = clock_timestamp()
where key in (select key from ${schema}.session_hold where holder = ? and high is not null for update skip locked)
