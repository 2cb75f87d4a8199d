--   ?  id
select payload from ${schema}.event where id = ?
