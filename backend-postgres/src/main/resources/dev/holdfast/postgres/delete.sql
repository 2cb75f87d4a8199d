-- Of the version given last if there is one. What is dead already is the sweeper's.
delete from ${schema}.entry
where key = ? and version = coalesce(?::bigint, version) and (expires is null or expires > clock_timestamp())
