-- Tells the first live waiter of each name that it may ask; the one to whom the name is offered goes before the first.
--   ?  key[], offer_high[], offer_low[]
select pg_notify('holdfast_' || to_hex(first.client), 'a ' || first.high || ' ' || first.low || ' '
        || encode(first.namespace, 'hex') || ' ' || encode(first.name, 'hex'))
from (
    select distinct on (w.key) w.*
    from unnest(?::bigint[], ?::bigint[], ?::bigint[]) as a (key, offer_high, offer_low)
    join ${schema}.waiter w on w.key = a.key
    where w.ends > clock_timestamp()
    order by w.key, (w.high, w.low) = (a.offer_high, a.offer_low) desc, w.priority desc, w.arrived
) first
