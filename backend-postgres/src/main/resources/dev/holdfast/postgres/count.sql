select count(*)
from ${schema}.entry
where key >= ? and key < ? and (expires is null or expires > clock_timestamp())
