-- Holds that their sessions have not written down yet; tells those sessions to.
--   ?  key, or null for all; the same again
-- Answers their keys.
with young as materialized (
    select l.key, s.id
    from (
        select classid::bigint << 32 | objid::bigint as key, pid from pg_locks
        where locktype = 'advisory' and objsubid = 1 and granted
            and database = (select oid from pg_database where datname = current_database())
    ) l
    join ${schema}.session_holder s on s.pid = l.pid
    where exists (select from pg_stat_get_activity(s.pid) a where a.backend_start = s.started or a.backend_start is null)
        and (l.key = ? or ?::bigint is null)
        and not exists (select from ${schema}.session_hold h where h.key = l.key and h.high is not null and h.holder = s.id)
)
select key, case when row_number() over (partition by id >> 4) = 1 then pg_notify('holdfast_' || to_hex(id >> 4), 'w') end
from young
