-- Holds that have not ended.
select h.namespace, h.name, h.number, h.label, greatest(0, extract(epoch from
        case when h.tied then greatest(h.ends, s.beat + h.millis * interval '1 millisecond') else h.ends end
        - clock_timestamp()) * 1000)::bigint
from ${schema}.lease_hold h left join ${schema}.lease_holder s on s.id = h.holder
where h.high is not null and ${where}
    and (h.ends > clock_timestamp() or h.tied and s.beat + h.millis * interval '1 millisecond' > clock_timestamp())
