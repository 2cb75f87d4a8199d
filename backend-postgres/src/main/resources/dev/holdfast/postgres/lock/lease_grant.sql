-- Takes names that are free, offered to the asker, its own, or whose lease has ended.
--   ?  key[], namespace[], name[], high[], low[], millis[], above[], label[], holder
-- Answers, for each: its place, its grant or null, whether others wait, what is left of the hold in the way in milliseconds, whether
-- that hold was renewed by a heartbeat that has stopped.
with asked as materialized (
    select * from unnest(?::bigint[], ?::bytea[], ?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[])
        with ordinality as a (key, namespace, name, high, low, millis, above, label, place)
), granted as (
    insert into ${schema}.lease_hold as h (key, namespace, name, high, low, number, holder, millis, ends, label)
    select a.key, namespace, name, a.high, a.low,
        greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, above + 1),
        ?, millis, clock_timestamp() + millis * interval '1 millisecond', label
    from asked a
    -- A waiter goes first, and a name is kept for whom it is offered to.
    where not exists (
            select from ${schema}.waiter w
            left join ${schema}.waiter mine on mine.key = a.key and mine.high = a.high and mine.low = a.low
            where w.key = a.key and (w.high, w.low) <> (a.high, a.low) and w.ends > clock_timestamp()
                and (mine.key is null or w.priority > mine.priority
                    or w.priority = mine.priority and w.arrived < mine.arrived))
        or exists (
            select from ${schema}.lease_hold h
            where h.key = a.key and (h.offer_high = a.high and h.offer_low = a.low and h.offer_ends > clock_timestamp()
                or h.high = a.high and h.low = a.low))
    order by a.key
    on conflict (key) do update set namespace = excluded.namespace, name = excluded.name,
        high = excluded.high, low = excluded.low,
        number = case
            when h.high = excluded.high and h.low = excluded.low and (h.tied or h.ends > clock_timestamp())
                and h.number > (select a.above from asked a where a.key = excluded.key) then h.number
            else greatest(h.number + 1, excluded.number) end,
        ends = case
            when h.high = excluded.high and h.low = excluded.low then greatest(h.ends, excluded.ends)
            else excluded.ends end,
        tied = h.tied and h.high = excluded.high and h.low = excluded.low,
        contended = h.contended and h.high = excluded.high and h.low = excluded.low,
        holder = excluded.holder, millis = excluded.millis, label = excluded.label,
        offer_high = null, offer_low = null, offer_ends = null
    where (h.high is null or not h.tied and h.ends <= clock_timestamp() or (h.high, h.low) = (excluded.high, excluded.low))
        and (h.offer_ends is null or h.offer_ends <= clock_timestamp()
            or (h.offer_high, h.offer_low) = (excluded.high, excluded.low))
    returning h.key, h.number
), came as (
    delete from ${schema}.waiter w using asked a, granted g
    where g.key = a.key and w.key = a.key and w.high = a.high and w.low = a.low
)
select a.place, g.number,
    exists (select from ${schema}.waiter w
        where w.key = a.key and (w.high, w.low) <> (a.high, a.low) and w.ends > clock_timestamp()),
    greatest(0, extract(epoch from
        case when h.tied then greatest(h.ends, s.beat + h.millis * interval '1 millisecond')
            else coalesce(h.offer_ends, h.ends) end - clock_timestamp()) * 1000)::bigint,
    coalesce(h.high is not null and h.tied and h.ends <= clock_timestamp()
        and (s.id is null or s.beat + h.millis * interval '1 millisecond' <= clock_timestamp()), false)
from asked a
left join granted g on g.key = a.key
left join ${schema}.lease_hold h on h.key = a.key and g.key is null
left join ${schema}.lease_holder s on s.id = h.holder
