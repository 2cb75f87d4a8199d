-- Ends holds, and keeps the names for those they are offered to. The lock of an offered name is given back when the offer is committed.
--   ?  key[], high[], low[], offer_high[], offer_low[], offer_millis[]   of one of each, null or 0: no offer
-- Answers, for each: its place, whether the lock was there.
with asked as materialized (
    select * from unnest(?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[])
        with ordinality as a (key, high, low, offer_high, offer_low, offer_millis, place)
), ended as (
    update ${schema}.session_hold h
    set high = null, low = null, ends = clock_timestamp(), contended = false, forced = false,
        offer_high = nullif(a.offer_high, 0), offer_low = nullif(a.offer_low, 0),
        offer_ends = case when a.offer_millis > 0 then clock_timestamp() + a.offer_millis * interval '1 millisecond' end
    from asked a where h.key = a.key and h.high = a.high and h.low = a.low
    returning h.key
)
select a.place, case when a.offer_millis > 0 then true else pg_advisory_unlock(a.key) end from asked a left join ended e on e.key = a.key
order by e.key is null, a.key
