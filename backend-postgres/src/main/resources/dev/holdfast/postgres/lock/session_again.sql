-- Grants names again to those who hold them, with a new grant where the one they have is not above what they ask for.
--   ?  key[], high[], low[], millis[], above[], label[]
with asked as materialized (
    select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[])
        with ordinality as a (key, high, low, millis, above, label, place)
), granted as (
    update ${schema}.session_hold h
    set number = case when h.number > a.above then h.number
            else ${schema}.next_grant(a.above) end,
        millis = a.millis, label = a.label,
        ends = greatest(h.ends, clock_timestamp() + a.millis * interval '1 millisecond')
    from asked a where h.key = a.key and h.high = a.high and h.low = a.low
    returning h.key, h.number
)
select a.place, g.number, exists (select from ${schema}.waiter w
    where w.key = a.key and (w.high, w.low) <> (a.high, a.low) and w.ends > clock_timestamp())
from asked a left join granted g on g.key = a.key
