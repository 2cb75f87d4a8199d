-- Publishes an event of a namespace on a cluster.
-- KEYS  1 the event's own channel, 2 the channel of all events of the namespace in this tag; both in one slot
-- ARGV  1 the event's name, 2 payload

redis.call('SPUBLISH', KEYS[1], ARGV[2])
redis.call('SPUBLISH', KEYS[2], ARGV[1] .. ARGV[2])
return 1
