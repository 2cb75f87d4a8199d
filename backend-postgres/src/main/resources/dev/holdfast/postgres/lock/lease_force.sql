-- Ends a hold, whoever has it, and tells its holder, whose row is changed first: see lease_lapse.
--   ?  key, namespace, name; then those of pass
with target as materialized (
    select h.* from ${schema}.lease_hold h left join ${schema}.lease_holder s on s.id = h.holder
    where h.key = ? and h.namespace = ? and h.name = ? and h.high is not null
        and (h.ends > clock_timestamp() or h.tied and s.beat + h.millis * interval '1 millisecond' > clock_timestamp())
), words as (
    update ${schema}.lease_holder s set word = s.word + 1 from target t where s.id = t.holder returning s.id
)
update ${schema}.lease_hold h
set high = null, low = null, ends = clock_timestamp(), tied = false, contended = false
from target t left join words w on w.id = t.holder
where h.key = t.key and h.high = t.high and h.low = t.low
returning pg_notify('holdfast_' || to_hex(t.holder >> 4), 'f ' || t.high || ' ' || t.low || ' '
    || encode(t.namespace, 'hex') || ' ' || encode(t.name, 'hex'))
