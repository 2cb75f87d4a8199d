-- A sign of life of a session, which also tells how many locks the sessions of other clients hold.
--   ?  held, id
update ${schema}.session_holder s set held = ?, beat = clock_timestamp() where s.id = ?
returning s.word, (select sum(o.held) from ${schema}.session_holder o
    where o.id >> 4 <> s.id >> 4 and o.beat > clock_timestamp() - interval '1 minute')
