--   ?  ended, high, low, wanted, namespace, name, high, low, millis, above, label, holder
select number, waited from ${schema}.session_step(?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
