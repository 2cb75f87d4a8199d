-- include scope.lua
-- Sets the fence of the mark to ARGV[1] unless it is as high or higher, and answers the mark. Fences are compared as text of one width.
local mark = redis.call('HGET', data, MARK)
if not mark then
  setMark(ARGV[1], ZERO, string.rep('\0', 8))
  settleEnd()
elseif string.sub(mark, 1, 20) < ARGV[1] then
  setMark(ARGV[1], string.sub(mark, 21, 39), string.sub(mark, 40))
end
return redis.call('HGET', data, MARK)
