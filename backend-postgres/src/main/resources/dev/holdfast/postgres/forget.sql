select ${schema}.forget(?, ?)
