update ${schema}.entry
set expires = clock_timestamp() + nullif(?::bigint, 0) * interval '1 millisecond'
where key = ? and (expires is null or expires > clock_timestamp())
