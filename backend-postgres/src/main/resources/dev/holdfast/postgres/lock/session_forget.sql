--   ?  id
delete from ${schema}.session_holder where id = ?
