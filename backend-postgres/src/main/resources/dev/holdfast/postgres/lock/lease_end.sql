-- Ends holds, and keeps the names for those they are offered to.
--   ?  key[], high[], low[], offer_high[], offer_low[], offer_millis[]   of one of each; 0: no offer
-- Answers, for each: its place, whether the hold was there, whether another is.
with asked as materialized (
    select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
        with ordinality as a (key, high, low, offer_high, offer_low, offer_millis, place)
), own as materialized (
    select h.key from ${schema}.lease_hold h join asked a on h.key = a.key and h.high = a.high and h.low = a.low
    order by h.key for update of h
), ended as (
    update ${schema}.lease_hold h
    set high = null, low = null, ends = clock_timestamp(), tied = false, contended = false,
        offer_high = nullif(a.offer_high, 0), offer_low = nullif(a.offer_low, 0),
        offer_ends = case when a.offer_millis > 0 then clock_timestamp() + a.offer_millis * interval '1 millisecond' end
    from asked a join own o on o.key = a.key where h.key = a.key and h.high = a.high and h.low = a.low
    returning h.key
)
select a.place, e.key is not null, exists (
    select from ${schema}.lease_hold h where h.key = a.key and e.key is null and h.high is not null
        and (h.ends > clock_timestamp() or h.tied))
from asked a left join ended e on e.key = a.key
