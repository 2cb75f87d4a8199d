-- Takes free names: the advisory lock, the grant and who holds it, in one step.
--   ?  key[], namespace[], name[], high[], low[], millis[], above[], label[], holder
-- Answers, for each: its place, its grant or null, whether others wait.
with asked as materialized (
    select * from unnest(?::bigint[], ?::bytea[], ?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[])
        with ordinality as a (key, namespace, name, high, low, millis, above, label, place)
), tried as materialized (
    select a.*,
        -- A waiter goes first, and a name is kept for whom it is offered to.
        case when not exists (
                select from ${schema}.waiter w
                left join ${schema}.waiter mine on mine.key = a.key and mine.high = a.high and mine.low = a.low
                where w.key = a.key and (w.high, w.low) <> (a.high, a.low) and w.ends > clock_timestamp()
                    and (mine.key is null or w.priority > mine.priority
                        or w.priority = mine.priority and w.arrived < mine.arrived))
            or exists (
                select from ${schema}.session_hold h
                where h.key = a.key and h.offer_high = a.high and h.offer_low = a.low and h.offer_ends > clock_timestamp())
        then pg_try_advisory_lock(a.key) else false end as taken
    from asked a
), granted as (
    insert into ${schema}.session_hold as h (key, namespace, name, high, low, number, holder, millis, ends, label)
    select key, namespace, name, high, low,
        ${schema}.next_grant(above),
        ?, millis, clock_timestamp() + millis * interval '1 millisecond', label
    from tried where taken order by key
    on conflict (key) do update set namespace = excluded.namespace, name = excluded.name,
        high = excluded.high, low = excluded.low, number = excluded.number,
        holder = excluded.holder, millis = excluded.millis, ends = excluded.ends, label = excluded.label,
        contended = false, forced = false, offer_high = null, offer_low = null, offer_ends = null
    where h.offer_ends is null or h.offer_ends <= clock_timestamp()
        or (h.offer_high, h.offer_low) = (excluded.high, excluded.low)
    returning h.key, h.number
), came as (
    delete from ${schema}.waiter w using tried t, granted g
    where g.key = t.key and w.key = t.key and w.high = t.high and w.low = t.low
)
select t.place, g.number,
    exists (select from ${schema}.waiter w
        where w.key = t.key and (w.high, w.low) <> (t.high, t.low) and w.ends > clock_timestamp()),
    -- Offered to somebody else in this moment.
    case when t.taken and g.key is null then pg_advisory_unlock(t.key) end
from tried t left join granted g on g.key = t.key
