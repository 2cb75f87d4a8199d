-- Gives back whatever this session has reserved, also by a statement that failed half way.
select pg_advisory_unlock_shared(1752132708, objid::bigint::integer) from pg_locks
where locktype = 'advisory' and classid = 1752132708 and objsubid = 2 and pid = pg_backend_pid()
