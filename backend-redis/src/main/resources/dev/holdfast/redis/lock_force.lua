-- Ends the hold on a name, whoever has it, and tells the holder.
-- KEYS  1 record; on a cluster also 2 queue, 3 places (see lock_queue.lua)
-- Answers 1: ended, 0: nobody holds the name.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local record = redis.call('GET', KEYS[1])
if not record or string.sub(record, 1, 1) ~= 'h' or tonumber(string.sub(record, 3, 18)) <= now then
  return 0
end

-- include lock_queue.lua

tell(string.sub(record, 51, 66), 'g', string.sub(record, 35, 50))
pass_on(now, tonumber(string.sub(record, 19, 34)))
return 1
