-- Some scopes from one on, and whether each has nothing. Dead rows count: they are swept first.
select prefix, prefix_end, fence is null and not exists (
    select from ${schema}.entry e where e.key >= s.prefix and e.key < s.prefix_end)
from ${schema}.scope s
where prefix >= ?
order by prefix
limit ?
