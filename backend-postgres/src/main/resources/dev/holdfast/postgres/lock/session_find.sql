-- Holds whose session is there. One that is renewed is not written again: its row has ended, and it lasts for its length at most.
select h.namespace, h.name, h.number, h.label,
    case when h.ends > clock_timestamp() then (extract(epoch from h.ends - clock_timestamp()) * 1000)::bigint
        else h.millis end
from ${schema}.session_hold h join ${schema}.session_holder s on s.id = h.holder
where h.high is not null and ${where}
    and exists (select from pg_stat_get_activity(s.pid) a where a.backend_start = s.started or a.backend_start is null)
