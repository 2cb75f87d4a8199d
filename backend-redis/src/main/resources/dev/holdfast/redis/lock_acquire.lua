-- Asks for a name.
-- KEYS  1 record, 2 queue, 3 places (see lock_queue.lua)
-- ARGV  1 PUBLISH or SPUBLISH, 2 lease id, 3 ttl in ms, 4 what the grant must exceed, 5 client, 6 label;
--       of one that waits also 7 priority, 8 ttl of its place in ms
-- Answers {grant, 1 if others wait} or {0, ms until what is in the way ends}.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if tonumber(ARGV[4]) < now
    and redis.call('SET', KEYS[1],
        'h-' .. string.format('%016d%016d', now + ARGV[3] * 1000, now) .. ARGV[2] .. ARGV[5] .. ARGV[6],
        'NX', 'PX', ARGV[3]) then
  return {now, 0}
end

-- include lock_queue.lua

local me, ttl, above, client = ARGV[2], ARGV[3] * 1000, tonumber(ARGV[4]), ARGV[5]
local record = redis.call('GET', KEYS[1]) or 'f-' .. string.rep('0', 32)
local state = string.sub(record, 1, 1)
local ends = tonumber(string.sub(record, 3, 18))
local grant = tonumber(string.sub(record, 19, 34))
local lease = string.sub(record, 35, 50)
local rest = string.sub(record, 35)

local lapsed = ends <= now
if lapsed then
  -- The queue goes before a newcomer.
  local next, next_client, left = take_next(now)
  state, lease, rest = 'o', next or me, next or me
  if lease ~= me then
    ends = offer(now, next, next_client, left)
  end
end

local place = (lease == me or ARGV[7]) and redis.call('HGET', KEYS[3], me)
local arrival = place and string.sub(place, 17, 32)

if lease == me then
  if state == 'o' or grant <= above then
    grant = math.max(now, above + 1, grant + 1)
  end
  if place then
    redis.call('ZREM', KEYS[2], arrival .. me)
    redis.call('HDEL', KEYS[3], me)
  end
  ends = math.max(now + ttl, state == 'h' and ends or 0)
  return {grant, save(KEYS[1], KEYS[2], now, 'h', ends, grant, me .. client .. ARGV[6])}
end

if ARGV[7] then
  if place and tonumber(string.sub(place, 1, 16)) <= now then
    -- It died, and comes back as a newcomer.
    redis.call('ZREM', KEYS[2], arrival .. me)
    arrival = nil
  end
  arrival = arrival or digits(now)
  local millis = tonumber(ARGV[8])
  local waited = redis.call('PTTL', KEYS[2])
  -- LT, for a place keeps the highest priority asked for.
  redis.call('ZADD', KEYS[2], 'LT', -ARGV[7], arrival .. me)
  redis.call('HSET', KEYS[3], me, digits(now + millis * 1000) .. arrival .. client)
  if waited < millis then
    redis.call('PEXPIRE', KEYS[2], millis)
    redis.call('PEXPIRE', KEYS[3], millis)
  end
  -- The first to wait is told of; that others come is no news.
  local holder = string.sub(rest, 17, 32)
  if waited < 0 and state == 'h' and holder ~= client then
    tell(holder, 'c', lease)
  end
end
if lapsed or ARGV[7] then
  save(KEYS[1], KEYS[2], now, state, ends, grant, rest)
end
return {0, math.ceil((ends - now) / 1000)}
