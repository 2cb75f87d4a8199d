-- Who may not see the state of replication sees standbys without lag, or none.
select pg_is_in_recovery() as standby, current_setting('server_version') as version,
    count(r.pid) as standbys, round(extract(epoch from max(r.replay_lag)) * 1000)::bigint as lag_millis
from (values (1)) as one left join pg_stat_replication r on true
