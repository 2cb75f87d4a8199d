-- What the scripts of scopes share. A scope is one hash: field 'm' is its mark, and 'k' with the key behind it an entry. Entries that
-- end carry their end before their record, and stand in a sorted set beside the hash, by their ends in milliseconds.
local data, ends = KEYS[1], KEYS[2]
local MARK, ZERO = 'm', string.rep('0', 19)

local time
local function now()
  if not time then
    local t = redis.call('TIME')
    time = t[1] * 1000 + math.floor(t[2] / 1000)
  end
  return time
end

-- The record of a stored value, if it has not ended.
local function live(value)
  if not value then
    return nil
  end
  if string.byte(value, 1) ~= 2 then
    return value
  end
  if struct.unpack('>I8', value, 2) <= now() then
    return nil
  end
  return string.sub(value, 10)
end

local function entry(field)
  return live(redis.call('HGET', data, field))
end

-- The number after this one; its 19 digits are too many for a double.
local function after(number)
  local high, low = tonumber(string.sub(number, 1, 10)), tonumber(string.sub(number, 11)) + 1
  if low == 1e9 then
    high, low = high + 1, 0
  end
  return string.format('%010.0f%09.0f', high, low)
end

-- A mark is a fence (grant in 16 digits, turn in 4), a commit number (19 digits) and the id of the last commit (8 bytes).
local function setMark(fence, number, last)
  redis.call('HSET', data, MARK, fence .. number .. last)
end

-- A scope in which everything ends, ends as a whole; any other must not.
local function settleEnd()
  if redis.call('ZCARD', ends) == redis.call('HLEN', data) then
    local last = redis.call('ZRANGE', ends, -1, -1, 'WITHSCORES')[2]
    if last then
      redis.call('PEXPIREAT', data, last)
      redis.call('PEXPIREAT', ends, last)
    end
  else
    redis.call('PERSIST', data)
    redis.call('PERSIST', ends)
  end
end
