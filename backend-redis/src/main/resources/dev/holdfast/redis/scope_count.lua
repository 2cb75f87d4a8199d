-- include scope.lua
-- The number of entries that have not ended, and 1 if there is a mark.
local mark = redis.call('HEXISTS', data, MARK)
return {redis.call('HLEN', data) - mark - redis.call('ZCOUNT', ends, '-inf', now()), mark}
