-- Ends the hold of a lease id.
-- KEYS  1 record; on a cluster also 2 queue, 3 places (see lock_queue.lua)
-- ARGV  1 lease id; for an offer by name also 2 lease id to offer to, 3 ms
-- Answers 1: ended, 0: nobody holds the name, 2: another lease id does.

-- Taken out before it is looked at, because mostly it is ours and nobody waits.
local record = redis.call('GETDEL', KEYS[1])
if not record then
  return 0
end
local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local ends = tonumber(string.sub(record, 3, 18))
local grant = tonumber(string.sub(record, 19, 34))
local mine = string.sub(record, 35, 50) == ARGV[1]
if mine and string.sub(record, 1, 2) == 'h-' and grant < now and not ARGV[2] then
  return ends > now and 1 or 0
end

-- include lock_queue.lua

local state = string.sub(record, 1, 1)
if not mine or state ~= 'h' or ends <= now then
  save(KEYS[1], QUEUE, now, state, ends, grant, string.sub(record, 35))
  return state == 'h' and ends > now and 2 or 0
end
local to = ARGV[2]
if to then
  save(KEYS[1], QUEUE, now, 'o', now + ARGV[3] * 1000, grant, to)
  local place = redis.call('HGET', PLACES, to)
  if place then
    tell(string.sub(place, 33), 'a', to)
  end
else
  pass_on(now, grant)
end
return 1
