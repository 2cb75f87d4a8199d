select fence, commits, last_id from ${schema}.take_over(?, ?, ?, ?)
