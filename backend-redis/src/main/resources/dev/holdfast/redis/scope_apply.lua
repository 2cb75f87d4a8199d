-- include scope.lua
-- Applies a commit, all or nothing. ARGV: fence or '', commit number it must come after or '', id, '1' to drop all entries first; then for
-- each mutation: kind (P, D, E, C), field, condition ('', 'a', 'p', 'v' and a version), milliseconds to live or 0, record.
-- Answers status, commit number, and the number removed or the index of the mutation in conflict.
local mark = redis.call('HGET', data, MARK)
local fence, number = '', ZERO
if mark then
  fence, number = string.sub(mark, 1, 20), string.sub(mark, 21, 39)
  if number ~= ZERO and string.sub(mark, 40) == ARGV[3] then
    return {0, number, 0}
  end
end
if fence ~= ARGV[1] then
  return {1, number, 0}
end
if ARGV[2] ~= '' and ARGV[2] ~= number then
  return {2, number, 0}
end
for i = 5, #ARGV, 5 do
  local condition = ARGV[i + 2]
  if condition ~= '' then
    local found = entry(ARGV[i + 1])
    local holds
    if condition == 'a' then
      holds = not found
    elseif condition == 'p' then
      holds = found
    else
      holds = found and string.sub(found, 3, 10) == string.sub(condition, 2)
    end
    if not holds then
      return {3, number, (i - 5) / 5}
    end
  end
end

local ending = redis.call('EXISTS', ends) == 1
if ARGV[4] == '1' then
  redis.call('UNLINK', data, ends)
elseif ending then
  for _, field in ipairs(redis.call('ZRANGEBYSCORE', ends, '-inf', now(), 'LIMIT', 0, 100)) do
    redis.call('HDEL', data, field)
    redis.call('ZREM', ends, field)
  end
end

local removed = 0
local fresh, count = {}, 0

local function flush()
  if count > 0 then
    redis.call('HSET', data, unpack(fresh, 1, count))
    count = 0
  end
end

local function put(field, record, millis)
  if millis ~= '0' then
    local last = now() + millis
    record = '\2' .. struct.pack('>I8', last) .. record
    redis.call('ZADD', ends, string.format('%.0f', last), field)
    ending = true
  elseif ending then
    redis.call('ZREM', ends, field)
  end
  fresh[count + 1], fresh[count + 2] = field, record
  count = count + 2
  if count == 200 then
    flush()
  end
end

for i = 5, #ARGV, 5 do
  local kind, field = ARGV[i], ARGV[i + 1]
  if kind == 'P' then
    put(field, ARGV[i + 4], ARGV[i + 3])
  elseif kind == 'E' then
    local found = entry(field)
    if found then
      put(field, found, ARGV[i + 3])
    end
  elseif kind == 'D' then
    if ending then
      if entry(field) then
        removed = removed + 1
      end
      redis.call('HDEL', data, field)
      redis.call('ZREM', ends, field)
    else
      removed = removed + redis.call('HDEL', data, field)
    end
  end
end
flush()
if mark then
  number = after(number)
  setMark(fence, number, ARGV[3])
end
if ending then
  settleEnd()
end
return {0, number, removed}
