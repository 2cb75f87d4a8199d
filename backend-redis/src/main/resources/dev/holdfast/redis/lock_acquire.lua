-- Asks for a name.
-- KEYS  1 record; on a cluster also 2 queue, 3 places (see lock_queue.lua)
-- ARGV  1 lease id (16 bytes) .. client (16 characters) .. label, 2 ttl in ms, 3 what the grant must exceed;
--       of one that waits also 4 priority, 5 ttl of its place in ms
-- Answers the grant; the same as text if others wait; or, not above 0, minus the ms until what is in the way ends. No list, for whatever
-- follows the length of a list has a buffer of its own in the server, and takes a system call of its own.

local time = redis.call('TIME')
local now = time[1] * 1000000 + time[2]
if tonumber(ARGV[3]) < now
    and redis.call('SET', KEYS[1], 'h-' .. string.format('%016d%016d', now + ARGV[2] * 1000, now) .. ARGV[1], 'NX', 'PX', ARGV[2])
then
  return now
end

-- include lock_queue.lua

local me, client = string.sub(ARGV[1], 1, 16), string.sub(ARGV[1], 17, 32)
local ttl, above = ARGV[2] * 1000, tonumber(ARGV[3])
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

local place = (lease == me or ARGV[4]) and redis.call('HGET', PLACES, me)
local arrival = place and string.sub(place, 17, 32)

if lease == me then
  if state == 'o' or grant <= above then
    grant = math.max(now, above + 1, grant + 1)
  end
  if place then
    redis.call('ZREM', QUEUE, arrival .. me)
    redis.call('HDEL', PLACES, me)
  end
  ends = math.max(now + ttl, state == 'h' and ends or 0)
  local contended = save(KEYS[1], QUEUE, now, 'h', ends, grant, ARGV[1]) == 1
  return contended and digits(grant) or grant
end

if ARGV[4] then
  if place and tonumber(string.sub(place, 1, 16)) <= now then
    -- It died, and comes back as a newcomer.
    redis.call('ZREM', QUEUE, arrival .. me)
    arrival = nil
  end
  arrival = arrival or digits(now)
  local millis = tonumber(ARGV[5])
  local waited = redis.call('PTTL', QUEUE)
  -- LT, for a place keeps the highest priority asked for.
  redis.call('ZADD', QUEUE, 'LT', -ARGV[4], arrival .. me)
  redis.call('HSET', PLACES, me, digits(now + millis * 1000) .. arrival .. client)
  if waited < millis then
    redis.call('PEXPIRE', QUEUE, millis)
    redis.call('PEXPIRE', PLACES, millis)
  end
  -- The first to wait is told of; that others come is no news.
  local holder = string.sub(rest, 17, 32)
  if waited < 0 and state == 'h' and holder ~= client then
    tell(holder, 'c', lease)
  end
end
if lapsed or ARGV[4] then
  save(KEYS[1], QUEUE, now, state, ends, grant, rest)
end
return -math.ceil((ends - now) / 1000)
