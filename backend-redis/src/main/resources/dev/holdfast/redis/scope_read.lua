-- include scope.lua
-- The records at the fields in ARGV, false where there is none or it has ended.
local found = {}
for i = 1, #ARGV do
  found[i] = entry(ARGV[i]) or false
end
return found
