--   ?  id
insert into ${schema}.lease_holder (id, beat) values (?, clock_timestamp())
on conflict (id) do update set beat = excluded.beat
