-- The entries at several keys; large values as in get.
select key, case when octet_length(value) <= 65536 then value end, encoding, version
from ${schema}.entry
where key = any (?) and (expires is null or expires > clock_timestamp())
