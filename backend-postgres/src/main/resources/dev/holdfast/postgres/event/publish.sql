-- Notifies, in order; large payloads become rows.
--   ?  id[], payload[] of the large ones; channel[], text[] of all
with large as (
    insert into ${schema}.event (id, payload) select * from unnest(?::bigint[], ?::bytea[])
)
select pg_notify(e.channel, e.text) from (
    select channel, text from unnest(?::text[], ?::text[]) with ordinality as e (channel, text, place) order by place
) e
