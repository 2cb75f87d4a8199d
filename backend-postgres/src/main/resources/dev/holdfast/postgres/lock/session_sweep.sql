-- Deletes names long free, and holds of sessions that are gone; then those sessions.
delete from ${schema}.session_hold where key in (
    select h.key from ${schema}.session_hold h
    where h.ends < clock_timestamp() - interval '10 minutes'
        and (h.offer_ends is null or h.offer_ends < clock_timestamp())
        and (h.high is null or not exists (
            select from ${schema}.session_holder s
            join lateral pg_stat_get_activity(s.pid) a on a.backend_start = s.started or a.backend_start is null
            where s.id = h.holder))
    limit 1000 for update skip locked);
delete from ${schema}.session_holder s
where s.beat < clock_timestamp() - interval '2 hours'
    and not exists (select from pg_stat_get_activity(s.pid) a where a.backend_start = s.started or a.backend_start is null);
select ${schema}.floor_grants()
