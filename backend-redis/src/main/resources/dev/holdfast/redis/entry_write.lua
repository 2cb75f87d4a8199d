-- Changes one entry outside of scopes if its condition holds; answers 1 if it was changed. ARGV: kind (P, D, E), condition ('', 'a', 'p',
-- 'v' and a version), milliseconds to live or 0, record.
local key, condition, millis = KEYS[1], ARGV[2], ARGV[3]
local header = redis.call('GETRANGE', key, 0, 9)
local present = header ~= ''
if condition == 'a' then
  if present then
    return 0
  end
elseif condition == 'p' then
  if not present then
    return 0
  end
elseif condition ~= '' and string.sub(header, 3) ~= string.sub(condition, 2) then
  return 0
end
if ARGV[1] == 'D' then
  return redis.call('UNLINK', key)
end
if ARGV[1] == 'E' then
  if not present then
    return 0
  end
  if millis == '0' then
    redis.call('PERSIST', key)
  else
    redis.call('PEXPIRE', key, millis)
  end
elseif millis == '0' then
  redis.call('SET', key, ARGV[4])
else
  redis.call('SET', key, ARGV[4], 'PX', millis)
end
return 1
