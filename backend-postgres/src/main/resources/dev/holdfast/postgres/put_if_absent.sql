-- An entry whose time is over is absent, swept or not.
insert into ${schema}.entry as e (key, value, encoding, version, expires)
values (?, ?, ?, ?, clock_timestamp() + nullif(?::bigint, 0) * interval '1 millisecond')
on conflict (key) do update set value = excluded.value, encoding = excluded.encoding, version = excluded.version,
    expires = excluded.expires
    where e.expires <= clock_timestamp()
