select fence, commits, last_id from ${schema}.scope where prefix = ? and fence is not null
