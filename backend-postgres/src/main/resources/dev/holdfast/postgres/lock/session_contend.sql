-- Tells the sessions that hold names that somebody waits for them.
--   ?  key[], namespace[], name[]
with holders as materialized (
    select l.key, s.id
    from (
        select classid::bigint << 32 | objid::bigint as key, pid from pg_locks
        where locktype = 'advisory' and objsubid = 1 and granted
            and database = (select oid from pg_database where datname = current_database())
    ) l
    join ${schema}.session_holder s on s.pid = l.pid
    where exists (select from pg_stat_get_activity(s.pid) a where a.backend_start = s.started or a.backend_start is null)
)
select pg_notify('holdfast_' || to_hex(h.id >> 4), 'c 0 0 ' || encode(a.namespace, 'hex') || ' ' || encode(a.name, 'hex'))
from unnest(?::bigint[], ?::bytea[], ?::bytea[]) as a (key, namespace, name)
join holders h on h.key = a.key
