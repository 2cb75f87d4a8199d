-- include scope.lua
-- One step through the entries. ARGV: cursor, pattern of fields, about how many. Answers the next cursor, the number of fields in all,
-- the id of this run of the server, on which cursors depend, and fields with their records.
local step = redis.call('HSCAN', data, ARGV[1], 'MATCH', ARGV[2], 'COUNT', ARGV[3])
local found = {}
for i = 1, #step[2], 2 do
  local record = live(step[2][i + 1])
  if record then
    found[#found + 1] = step[2][i]
    found[#found + 1] = record
  end
end
local run = string.match(redis.call('INFO', 'server'), 'run_id:(%w+)')
return {step[1], redis.call('HLEN', data), run, found}
