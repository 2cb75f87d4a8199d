-- The heartbeat of a client, which renews all its holds that are tied to it.
--   ?  id
-- Answers the word, and how long ago the heartbeat before was, in milliseconds.
update ${schema}.lease_holder s set beat = clock_timestamp()
from (select id, beat from ${schema}.lease_holder where id = ? for update) before
where s.id = before.id
returning s.word, (extract(epoch from s.beat - before.beat) * 1000)::bigint
