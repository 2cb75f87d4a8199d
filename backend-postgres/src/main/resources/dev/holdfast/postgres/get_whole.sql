-- The entry at a key, of whatever size.
select value, encoding, version
from ${schema}.entry
where key = ? and (expires is null or expires > clock_timestamp())
