-- Deletes names long free and holds long over; then clients without holds that have been silent for long.
delete from ${schema}.lease_hold where key in (
    select h.key from ${schema}.lease_hold h left join ${schema}.lease_holder s on s.id = h.holder
    where h.ends < clock_timestamp() - interval '10 minutes'
        and (h.offer_ends is null or h.offer_ends < clock_timestamp())
        and (h.high is null or not h.tied or s.id is null
            or s.beat + h.millis * interval '1 millisecond' < clock_timestamp() - interval '10 minutes')
    limit 1000 for update of h skip locked);
delete from ${schema}.lease_holder s
where s.beat < clock_timestamp() - interval '2 hours'
    and not exists (select from ${schema}.lease_hold h where h.holder = s.id and h.high is not null)
