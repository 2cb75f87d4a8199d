-- A page of the keys from one (inclusive) to another (exclusive), from the end. It ends early when its values have become large.
select key, value, encoding, version
from (
    select key, value, encoding, version,
        sum(octet_length(value)) over (order by key desc rows unbounded preceding) - octet_length(value) as before
    from ${schema}.entry
    where key >= ? and key < ? and (expires is null or expires > clock_timestamp())
    order by key desc
    limit ?
) as page
where before < ?
order by key desc
