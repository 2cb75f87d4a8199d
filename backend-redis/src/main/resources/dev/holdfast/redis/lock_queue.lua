-- What the scripts of locks share, put where they say so: after the short way out of what is usual, for making these functions costs
-- as much as two commands.
--
-- A name has up to three keys, all in one slot:
--   record  state, '-' or 'q' if others may wait, end (16 digits), grant (16 digits), then if the state is
--           'h' held: lease id (16 bytes), client (16 characters), label; 'o' offered: lease id; 'f' free: nothing
--   queue   a sorted set with the score -priority and the member arrival (16 digits) .. lease id
--   places  a hash from each lease id in the queue to end (16 digits) .. arrival (16 digits) .. client
-- The grant is the last one minted for the name. The record stays as long as the hold or the offer lasts, as the queue does, and until
-- the clock has passed the grant; so where there is no record, nobody holds the name or waits for it, and the clock is above its grants.
--
-- Times are microseconds of the server's clock. They and grants are below 2^53, where Lua counts exactly.

-- On a cluster the commands name all three, as they must. Elsewhere they name the record only: each key named costs the server about a
-- microsecond.
local QUEUE = KEYS[2] or string.gsub(KEYS[1], ':lock:', ':queue:', 1)
local PLACES = KEYS[3] or string.gsub(KEYS[1], ':lock:', ':places:', 1)

local function digits(number)
  return string.format('%016d', number)
end

-- Writes a record, or deletes one that says nothing. Answers 1 if others wait, else 0.
local function save(record, queue, now, state, ends, grant, rest)
  local waited = redis.call('PTTL', queue)
  local millis = math.max(math.ceil((math.max(ends, grant + 1) - now) / 1000), waited)
  if millis > 0 then
    local flag = waited > 0 and 'q' or '-'
    redis.call('SET', record, state .. flag .. digits(ends) .. digits(grant) .. rest, 'PX', millis)
  else
    redis.call('DEL', record)
  end
  return waited > 0 and 1 or 0
end

-- Tells a client of KEYS[1]. A message that cannot be sent must not undo the command: who misses it asks unasked in a second.
local function tell(client, kind, lease)
  local slot, name = string.match(KEYS[1], '^(.-}):lock:(.*)$')
  redis.pcall('PUBLISH', slot .. ':wake:' .. client, kind .. lease .. name)
end

-- Takes the first live waiter out of the queue, and the dead before it: its lease id, its client, and how long it lives.
local function take_next(now)
  local head = redis.call('ZPOPMIN', QUEUE)[1]
  while head do
    local lease = string.sub(head, 17)
    local place = redis.call('HGET', PLACES, lease)
    redis.call('HDEL', PLACES, lease)
    local left = place and string.sub(place, 1, 16) - now or 0
    if left > 0 then
      return lease, string.sub(place, 33), left
    end
    head = redis.call('ZPOPMIN', QUEUE)[1]
  end
end

-- Keeps the free name for a waiter that is told now: longer than the second after which it asks unasked. Answers when that ends.
local function offer(now, lease, client, left)
  tell(client, 'a', lease)
  return now + math.min(2000000, left)
end

-- Frees the name; it goes to the next waiter, if there is one.
local function pass_on(now, grant)
  local lease, client, left = take_next(now)
  if lease then
    save(KEYS[1], QUEUE, now, 'o', offer(now, lease, client, left), grant, lease)
  else
    save(KEYS[1], QUEUE, now, 'f', 0, grant, '')
  end
end
