-- include scope.lua
-- Raises the mark above everything: the first turn of the grant max(grant of the old fence + 1, time in microseconds). Grants fit in a
-- double exactly, fences do not.
local mark = redis.call('HGET', data, MARK)
local t = redis.call('TIME')
local grant = t[1] * 1000000 + t[2]
local number, last = ZERO, string.rep('\0', 8)
if mark then
  grant = math.max(grant, tonumber(string.sub(mark, 1, 16)) + 1)
  number, last = string.sub(mark, 21, 39), string.sub(mark, 40)
end
if grant > 9007199254740991 then
  return redis.error_reply('ERR the fence of this scope is the highest there can be; forget the scope')
end
setMark(string.format('%016.0f', grant) .. '0000', number, last)
settleEnd()
return redis.call('HGET', data, MARK)
