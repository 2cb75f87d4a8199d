--   ?  ended[], wanted[]
select numbers, waited from ${schema}.session_step(?, ?)
