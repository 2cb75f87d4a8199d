-- Ties holds to the heartbeat of their client, just made, or gives them another length.
--   ?  key[], high[], low[], millis[], live[] (whether the heartbeat before kept a tied hold)
-- Answers, for each that is held: its place.
with asked as materialized (
    select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::boolean[])
        with ordinality as a (key, high, low, millis, live, place)
), own as materialized (
    select h.key from ${schema}.lease_hold h join asked a on h.key = a.key and h.high = a.high and h.low = a.low
    order by h.key for update of h
)
update ${schema}.lease_hold h
set tied = true, millis = a.millis, ends = clock_timestamp() + a.millis * interval '1 millisecond'
from asked a join own o on o.key = a.key
where h.key = a.key and h.high = a.high and h.low = a.low and (h.ends > clock_timestamp() or h.tied and a.live)
returning a.place, h.contended
