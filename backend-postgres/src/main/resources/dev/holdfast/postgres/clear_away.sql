select ${schema}.clear_away(?, ?)
