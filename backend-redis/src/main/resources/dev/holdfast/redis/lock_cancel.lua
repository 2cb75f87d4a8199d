-- Takes a lease id out of the queue, and ends its offer or its hold.
-- KEYS  1 record; on a cluster also 2 queue, 3 places (see lock_queue.lua)
-- ARGV  1 lease id

-- include lock_queue.lua

local me = ARGV[1]
local place = redis.call('HGET', PLACES, me)
if place then
  redis.call('ZREM', QUEUE, string.sub(place, 17, 32) .. me)
  redis.call('HDEL', PLACES, me)
end
local record = redis.call('GET', KEYS[1])
local mine = record and string.sub(record, 35, 50) == me
if mine or (record and place) then
  local time = redis.call('TIME')
  local now = time[1] * 1000000 + time[2]
  local grant = tonumber(string.sub(record, 19, 34))
  if mine then
    pass_on(now, grant)
  else
    -- Perhaps nobody waits any more.
    local ends = tonumber(string.sub(record, 3, 18))
    save(KEYS[1], QUEUE, now, string.sub(record, 1, 1), ends, grant, string.sub(record, 35))
  end
end
return 1
