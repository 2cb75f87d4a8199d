-- Ends holds whose holder's heartbeat has stopped for longer than their lease. The holder's row is changed first: a heartbeat on its
-- way waits for that, and then sees by the word that it must look what is left.
--   ?  key[]
with target as materialized (
    select h.key, h.high, h.low, h.holder, h.millis, h.ends from ${schema}.lease_hold h
    where h.key = any (?::bigint[]) and h.high is not null and h.tied and h.ends <= clock_timestamp()
), lapsed as (
    update ${schema}.lease_holder s set word = s.word + 1
    from (select holder, min(millis) as millis from target group by holder) t
    where s.id = t.holder and s.beat + t.millis * interval '1 millisecond' <= clock_timestamp()
    returning s.id, s.beat
)
update ${schema}.lease_hold h set high = null, low = null, tied = false, contended = false, ends = clock_timestamp()
from target t left join lapsed l on l.id = t.holder
where h.key = t.key and h.high = t.high and h.low = t.low and h.ends = t.ends and h.millis = t.millis
    and (l.beat + t.millis * interval '1 millisecond' <= clock_timestamp()
        or not exists (select from ${schema}.lease_holder s where s.id = t.holder))
