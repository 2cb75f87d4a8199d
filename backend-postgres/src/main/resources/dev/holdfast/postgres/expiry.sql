-- The time left in microseconds, null if there is no end.
select (extract(epoch from expires - moment) * 1000000)::bigint
from ${schema}.entry, clock_timestamp() as moment
where key = ? and (expires is null or expires > moment)
