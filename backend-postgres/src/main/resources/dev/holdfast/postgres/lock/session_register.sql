-- Raises the grants to the clock, and tells who this session is. Answers for how many locks the server's table has room.
--   ?  id
select ${schema}.floor_grants();
insert into ${schema}.session_holder as s (id, pid, started, beat)
select ?, a.pid, a.backend_start, clock_timestamp() from pg_stat_get_activity(pg_backend_pid()) a
on conflict (id) do update set pid = excluded.pid, started = excluded.started, held = 0, beat = excluded.beat, word = 0
returning current_setting('max_locks_per_transaction')::bigint
    * (current_setting('max_connections')::bigint + current_setting('max_prepared_transactions')::bigint)
