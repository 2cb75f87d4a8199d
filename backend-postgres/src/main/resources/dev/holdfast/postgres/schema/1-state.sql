-- All entries. An entry whose time is over is absent for everybody, whether or not its row is still here.
create table ${schema}.entry (
    key bytea primary key,       -- the space and the key in one, ordered by key within the space
    value bytea not null,
    encoding smallint not null,  -- how layers changed the value
    version bigint not null,     -- 64 random bits made by the writer
    expires timestamptz          -- null: no end
) with (fillfactor = 90);        -- room for new versions of a row on its page, so that the index need not change

create index entry_expires on ${schema}.entry (expires) where expires is not null;

-- Every scope that has entries or a mark, and some that had: the sweeper clears those away.
create table ${schema}.scope (
    prefix bytea primary key,    -- what the keys of its entries begin with
    prefix_end bytea not null,   -- the least key behind all of those
    namespace bytea not null,
    name bytea not null,
    fence bigint,                -- null: it has no mark
    commits bigint not null,
    last_id bigint not null,     -- the id of the last commit
    unique (namespace, name)
) with (fillfactor = 70);

-- Makes the transaction wait until it alone changes the scope, without a row, so that a scope that leaves none can be locked too.
-- What follows in the same function must see what others have committed meanwhile, which only READ COMMITTED shows; and the commit
-- must be as durable as the mark has to be, whatever the session's setting.
create function ${schema}.alone(a_prefix bytea) returns void language plpgsql as $$
begin
    if current_setting('transaction_isolation') <> 'read committed' then
        raise exception 'holdfast needs transactions that are read committed, not %', current_setting('transaction_isolation');
    end if;
    if current_setting('synchronous_commit') = 'off' then
        perform set_config('synchronous_commit', 'on', true);
    end if;
    perform pg_advisory_xact_lock(hashtextextended(encode(a_prefix, 'base64') collate "C", 0));
end $$;

-- Applies a commit to a scope. Mutations come as one array for each part of them, in their order.
--   a_fence       0: there must be no mark
--   after         -1: at whatever commit number
--   kinds         0 put, 1 delete, 2 expire, 3 check
--   conditions    0 any, 1 absent, 2 present, 3 version
--   outcome       0 applied, 1 fenced, 2 out of sequence, 3 conflict
--   conflict      the first mutation whose condition does not hold, from 1
create function ${schema}.apply(
    a_prefix bytea, a_prefix_end bytea, a_namespace bytea, a_name bytea,
    a_fence bigint, after bigint, id bigint, drop_first boolean,
    kinds smallint[], keys bytea[], conditions smallint[], expected bigint[],
    vals bytea[], encodings smallint[], versions bigint[], ttls bigint[],
    out outcome integer, out number bigint, out removed integer, out conflict integer
) language plpgsql as $$
declare
    known boolean;
    mark ${schema}.scope;
    moment timestamptz;
begin
    perform ${schema}.alone(a_prefix);
    -- Only now: time has passed while waiting.
    moment := clock_timestamp();
    select * into mark from ${schema}.scope where prefix = a_prefix;
    known := found;
    number := coalesce(mark.commits, 0);
    removed := 0;
    if mark.fence is not null and mark.last_id = id then
        outcome := 0;
        return;
    end if;
    if coalesce(mark.fence, 0) <> a_fence then
        outcome := 1;
        return;
    end if;
    if after <> -1 and number <> after then
        outcome := 2;
        return;
    end if;
    if 0 < any (conditions) then
        select min(t.place) into conflict
        from unnest(keys, conditions, expected) with ordinality as t (key, condition, version, place)
        left join ${schema}.entry e on e.key = t.key and (e.expires is null or e.expires > moment)
        where case t.condition
            when 1 then e.key is not null
            when 2 then e.key is null
            when 3 then e.version is distinct from t.version
            else false end;
        if conflict is not null then
            outcome := 3;
            return;
        end if;
    end if;
    if mark.fence is not null then
        update ${schema}.scope set commits = commits + 1, last_id = id where prefix = a_prefix returning commits into number;
    elsif not known and 0 = any (kinds) then
        insert into ${schema}.scope (prefix, prefix_end, namespace, name, commits, last_id)
        values (a_prefix, a_prefix_end, a_namespace, a_name, 0, 0);
    end if;
    if drop_first then
        delete from ${schema}.entry where key >= a_prefix and key < a_prefix_end;
    end if;
    if 1 = any (kinds) then
        with gone as (
            delete from ${schema}.entry e using unnest(kinds, keys) as t (kind, key)
            where t.kind = 1 and e.key = t.key
            returning e.expires
        )
        select count(*) into removed from gone where expires is null or expires > moment;
    end if;
    if 2 = any (kinds) then
        update ${schema}.entry e set expires = case when t.ttl > 0 then moment + t.ttl * interval '1 millisecond' end
        from unnest(kinds, keys, ttls) as t (kind, key, ttl)
        where t.kind = 2 and e.key = t.key and (e.expires is null or e.expires > moment);
    end if;
    if 0 = any (kinds) then
        insert into ${schema}.entry (key, value, encoding, version, expires)
        select t.key, t.value, t.encoding, t.version, case when t.ttl > 0 then moment + t.ttl * interval '1 millisecond' end
        from unnest(kinds, keys, vals, encodings, versions, ttls) as t (kind, key, value, encoding, version, ttl)
        where t.kind = 0
        on conflict (key) do update set value = excluded.value, encoding = excluded.encoding, version = excluded.version,
            expires = excluded.expires;
    end if;
    outcome := 0;
end $$;

-- Sets a scope's mark to a fence unless it is as high or higher, and answers the mark.
create function ${schema}.raise_mark(a_prefix bytea, a_prefix_end bytea, a_namespace bytea, a_name bytea, a_fence bigint)
returns setof ${schema}.scope language plpgsql as $$
begin
    perform ${schema}.alone(a_prefix);
    insert into ${schema}.scope as s (prefix, prefix_end, namespace, name, fence, commits, last_id)
    values (a_prefix, a_prefix_end, a_namespace, a_name, a_fence, 0, 0)
    on conflict (prefix) do update set fence = excluded.fence where s.fence is null or s.fence < excluded.fence;
    return query select * from ${schema}.scope where prefix = a_prefix;
end $$;

-- Raises a scope's mark above everything, to turn 0 of the next grant, and answers it.
create function ${schema}.take_over(a_prefix bytea, a_prefix_end bytea, a_namespace bytea, a_name bytea)
returns setof ${schema}.scope language plpgsql as $$
declare
    micros bigint;
begin
    perform ${schema}.alone(a_prefix);
    micros := (extract(epoch from clock_timestamp()) * 1000000)::bigint;
    return query
        insert into ${schema}.scope as s (prefix, prefix_end, namespace, name, fence, commits, last_id)
        values (a_prefix, a_prefix_end, a_namespace, a_name, micros * 1024, 0, 0)
        on conflict (prefix) do update set fence = greatest(coalesce(s.fence, 0) / 1024 + 1, micros) * 1024
        returning s.*;
end $$;

-- Removes a scope's entries and its mark.
create function ${schema}.forget(a_prefix bytea, a_prefix_end bytea) returns void language plpgsql as $$
begin
    perform ${schema}.alone(a_prefix);
    delete from ${schema}.entry where key >= a_prefix and key < a_prefix_end;
    delete from ${schema}.scope where prefix = a_prefix;
end $$;

-- Clears the row of a scope away if it has neither entries nor a mark. Whoever writes to it waits, and then makes the row anew.
create function ${schema}.clear_away(a_prefix bytea, a_prefix_end bytea) returns void language plpgsql as $$
begin
    perform ${schema}.alone(a_prefix);
    delete from ${schema}.scope s
    where s.prefix = a_prefix and s.fence is null
        and not exists (select from ${schema}.entry e where e.key >= a_prefix and e.key < a_prefix_end);
end $$;
