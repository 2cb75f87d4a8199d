-- Writes down how locks are held in this schema, unless it is written already.
--   ?  mode, mode
with first as (
    insert into ${schema}.lock_mode (one, mode)
    select true, ? where not exists (select from ${schema}.lock_mode)
    on conflict (one) do nothing
    returning mode
)
select coalesce((select mode from first), (select mode from ${schema}.lock_mode), ?)
