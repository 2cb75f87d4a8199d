-- Gives those who wait a place in the queues, or keeps it, and tells the holders. Row locks are skipped, never waited for, so nobody who
-- ends a hold waits in a circle; whoever does not find the hold here asks again at once.
--   ?  key[], namespace[], name[], high[], low[], priority[], millis[], client
-- Answers, for each: its place, whether the name was seen held, how long that lasts in milliseconds.
with asked as materialized (
    select * from unnest(?::bigint[], ?::bytea[], ?::bytea[], ?::bigint[], ?::bigint[], ?::integer[], ?::bigint[])
        with ordinality as a (key, namespace, name, high, low, priority, millis, place)
), placed as (
    insert into ${schema}.waiter as w (key, high, low, namespace, name, client, priority, arrived, ends)
    select key, high, low, namespace, name, ?, priority, clock_timestamp(),
        clock_timestamp() + millis * interval '1 millisecond'
    from asked order by key, high, low
    on conflict (key, high, low) do update set priority = greatest(w.priority, excluded.priority), ends = excluded.ends
), there as materialized (
    select h.key, h.holder, h.high, h.low, h.contended, h.ends, h.namespace, h.name
    from ${schema}.${kind}_hold h
    where h.key in (select key from asked) and h.high is not null
    for update skip locked
), flagged as (
    update ${schema}.${kind}_hold h set contended = true from there t
    where h.key = t.key and not t.contended
    returning h.key, h.holder
), holders as materialized (
    select s.id from ${schema}.${kind}_holder s
    where s.id in (select holder from flagged) for update skip locked
), words as (
    update ${schema}.${kind}_holder s set word = s.word + 1 from holders o where s.id = o.id
)
select a.place, t.key is not null or o.key is not null,
    greatest(0, extract(epoch from coalesce(t.ends, o.offer_ends) - clock_timestamp()) * 1000)::bigint,
    case when f.key is not null then pg_notify('holdfast_' || to_hex(f.holder >> 4),
        'c 0 0 ' || encode(t.namespace, 'hex') || ' ' || encode(t.name, 'hex')) end
from asked a
left join there t on t.key = a.key
left join flagged f on f.key = a.key
left join ${schema}.${kind}_hold o on o.key = a.key and o.high is null and o.offer_ends > clock_timestamp()
    and (o.offer_high, o.offer_low) <> (a.high, a.low)
