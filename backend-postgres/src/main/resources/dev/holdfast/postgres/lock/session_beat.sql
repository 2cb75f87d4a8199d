-- A sign of life of a session, which also tells how many locks all sessions hold.
--   ?  held, id
update ${schema}.session_holder set held = ?, beat = clock_timestamp() where id = ?
returning word, (select sum(o.held) from ${schema}.session_holder o where o.beat > clock_timestamp() - interval '1 minute')
