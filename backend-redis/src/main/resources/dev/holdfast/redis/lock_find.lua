-- Looks at names without disturbing them.
-- KEYS  of each name its record (see lock_queue.lua)
-- Answers of each name the ms that its hold lasts, or 0 if nobody holds it, then grant (16 digits) .. label.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
local answers = {}
for i = 1, #KEYS do
  local record = redis.call('GET', KEYS[i])
  local held = record and string.sub(record, 1, 1) == 'h'
  local left = held and math.ceil((string.sub(record, 3, 18) - now) / 1000) or 0
  answers[#answers + 1] = math.max(0, left)
  answers[#answers + 1] = held and string.sub(record, 19, 34) .. string.sub(record, 67) or ''
end
return answers
