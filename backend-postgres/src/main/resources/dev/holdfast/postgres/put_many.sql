-- Keys must come in their order, so that two statements with common keys never wait for each other in a ring; and none twice.
insert into ${schema}.entry (key, value, encoding, version, expires)
select key, value, encoding, version, clock_timestamp() + nullif(ttl, 0) * interval '1 millisecond'
from unnest(?::bytea[], ?::bytea[], ?::smallint[], ?::bigint[], ?::bigint[]) as t (key, value, encoding, version, ttl)
on conflict (key) do update set value = excluded.value, encoding = excluded.encoding, version = excluded.version,
    expires = excluded.expires
