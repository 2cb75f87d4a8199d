-- Tells the holder of a name to let go of it, if the holder's session is there.
--   ?  key, namespace, name
with told as (
    update ${schema}.session_hold h set forced = true
    from ${schema}.session_holder s
    where h.key = ? and h.namespace = ? and h.name = ? and h.high is not null and s.id = h.holder
        and exists (select from pg_stat_get_activity(s.pid) a where a.backend_start = s.started or a.backend_start is null)
    returning h.holder, h.high, h.low, h.namespace, h.name
), words as (
    update ${schema}.session_holder s set word = s.word + 1 from told t where s.id = t.holder
)
select pg_notify('holdfast_' || to_hex(t.holder >> 4), 'f ' || t.high || ' ' || t.low || ' '
    || encode(t.namespace, 'hex') || ' ' || encode(t.name, 'hex'))
from told t
