-- Reserves room in the server's table of locks for a session, in place of what it had reserved; whatever the database, everybody can see
-- it there. A number is reserved by an advisory lock of this number, of two keys, which no name has; it goes when the session does.
--   ?  number, the former number or 0, the same again
-- Answers how many advisory locks all others have, or have reserved. It counts behind the reservation: of two who reserve at once, at
-- least one sees the other.
select pg_advisory_lock_shared(1752132708, ?), case when ? > 0 then pg_advisory_unlock_shared(1752132708, ?) end;
select coalesce(sum(locks), 0) from (
    select greatest(count(*), max(objid::bigint) filter (where classid = 1752132708 and objsubid = 2)) as locks
    from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() group by pid
) others
