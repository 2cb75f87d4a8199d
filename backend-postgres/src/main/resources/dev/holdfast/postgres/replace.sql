-- Puts where an entry is, of the version given last if there is one.
update ${schema}.entry
set value = ?, encoding = ?, version = ?, expires = clock_timestamp() + nullif(?::bigint, 0) * interval '1 millisecond'
where key = ? and version = coalesce(?::bigint, version) and (expires is null or expires > clock_timestamp())
