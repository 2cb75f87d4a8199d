select fence, commits, last_id from ${schema}.raise_mark(?, ?, ?, ?, ?)
