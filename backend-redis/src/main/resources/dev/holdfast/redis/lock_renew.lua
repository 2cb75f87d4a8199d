-- Renews many holds, each for itself.
-- KEYS  of each hold its record and its queue (see lock_queue.lua)
-- ARGV  of each hold its lease id and its ttl in ms
-- Answers of each hold 0: gone, 1: renewed, 2: renewed and others wait.

-- include lock_queue.lua

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
for i = 1, #KEYS, 2 do
  local record = redis.call('GET', KEYS[i])
  local answer = 0
  if record and string.sub(record, 1, 1) == 'h' and string.sub(record, 35, 50) == ARGV[i]
      and tonumber(string.sub(record, 3, 18)) > now then
    local ends = now + ARGV[i + 1] * 1000
    local grant = string.sub(record, 19, 34)
    if string.sub(record, 2, 2) == '-' and tonumber(grant) < now then
      redis.call('SET', KEYS[i], 'h-' .. digits(ends) .. string.sub(record, 19), 'PX', ARGV[i + 1])
      answer = 1
    else
      answer = 1 + save(KEYS[i], KEYS[i + 1], now, 'h', ends, tonumber(grant), string.sub(record, 35))
    end
  end
  answers[#answers + 1] = answer
end
return answers
