-- Writes down what a session holds, for others to see.
--   ?  holder, key[], namespace[], name[], high[], low[], number[], millis[], left[] in milliseconds, label[]
-- Answers the keys that somebody waits for.
with written as (
    insert into ${schema}.session_hold as h (holder, key, namespace, name, high, low, number, millis, ends, label, contended)
    select ?, key, namespace, name, high, low, number, millis, clock_timestamp() + remaining * interval '1 millisecond', label,
        exists (select from ${schema}.waiter w where w.key = a.key)
    from unnest(?::bigint[], ?::bytea[], ?::bytea[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bigint[], ?::bytea[])
        as a (key, namespace, name, high, low, number, millis, remaining, label)
    order by key
    on conflict (key) do update set holder = excluded.holder, namespace = excluded.namespace, name = excluded.name,
        high = excluded.high, low = excluded.low, number = excluded.number, millis = excluded.millis, ends = excluded.ends,
        label = excluded.label, contended = excluded.contended, forced = false,
        offer_high = null, offer_low = null, offer_ends = null
    returning h.key, h.contended
)
select key from written where contended
