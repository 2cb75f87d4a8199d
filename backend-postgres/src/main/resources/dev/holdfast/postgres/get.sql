-- The entry at a key. A large value does not come with the others, who would have to wait for it.
select case when octet_length(value) <= 65536 then value end, encoding, version
from ${schema}.entry
where key = ? and (expires is null or expires > clock_timestamp())
