-- A page of the names of scopes that have a mark or entries.
select name
from ${schema}.scope s
where namespace = ? and name >= ? and name < ?
    and (fence is not null or exists (
        select from ${schema}.entry e
        where e.key >= s.prefix and e.key < s.prefix_end and (e.expires is null or e.expires > clock_timestamp())))
order by name desc
limit ?
