-- include scope.lua
-- The milliseconds that the entry at the field ARGV[1] still lives: -2 if there is none, -1 if it has no end.
local value = redis.call('HGET', data, ARGV[1])
if not live(value) then
  return -2
end
if string.byte(value, 1) ~= 2 then
  return -1
end
return struct.unpack('>I8', value, 2) - now()
