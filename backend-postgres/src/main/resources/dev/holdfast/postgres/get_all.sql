-- The entries at several keys, of whatever size.
select key, value, encoding, version
from ${schema}.entry
where key = any (?) and (expires is null or expires > clock_timestamp())
