-- Locks. Each of the two ways to hold a lock has tables of its own, of the same columns: session_ for locks held by sessions of the
-- server, lease_ for locks that are nothing but rows. The first are unlogged: a crash empties them, and takes the locks with it.

-- What is known of a name: who holds it, for whom it is kept, and its last grant. Of lease_, a name that is free keeps its row for ten
-- minutes, so that its next grant is greater than its last one unless the clock steps back by more than the name was free. Of session_, what is held for a moment only has no
-- row: its session writes one within a second, or when somebody asks.
create unlogged table ${schema}.session_hold (
    key bigint primary key,                     -- a hash of namespace and name
    namespace bytea not null,
    name bytea not null,
    high bigint,                                -- the lease id; null: free
    low bigint,
    number bigint not null,                     -- the grant
    holder bigint not null,                     -- the client; in its last four bits the number of its session
    millis bigint not null,                     -- the length of the lease
    ends timestamptz not null,                  -- when it ends if it is not renewed, or when it ended
    tied boolean not null default false,        -- of lease_: whether it is renewed by its client's heartbeat
    contended boolean not null default false,   -- whether somebody has waited for it
    forced boolean not null default false,      -- of session_: whether the holder is told to let go
    offer_high bigint,                          -- the lease id for which it is kept
    offer_low bigint,
    offer_ends timestamptz,
    label bytea not null
) with (fillfactor = 50);

create index session_hold_name on ${schema}.session_hold (namespace, name);

create table ${schema}.lease_hold (like ${schema}.session_hold including all);

-- The sessions that hold locks: of session_ sessions of the server, of lease_ one for each client.
create unlogged table ${schema}.session_holder (
    id bigint primary key,
    pid integer,                                -- of session_: the server's process, and since when it is there
    started timestamptz,
    held bigint not null default 0,
    beat timestamptz not null,
    word bigint not null default 0              -- rises when something happened to its holds that it should look at
) with (fillfactor = 50);

create table ${schema}.lease_holder (like ${schema}.session_holder including all);

-- The queues. A waiter that has not asked for too long is dead.
create unlogged table ${schema}.waiter (
    key bigint not null,
    high bigint not null,
    low bigint not null,
    namespace bytea not null,
    name bytea not null,
    client bigint not null,
    priority integer not null,
    arrived timestamptz not null,
    ends timestamptz not null,
    primary key (key, high, low)
) with (fillfactor = 70);

-- Payloads of events too large for a notification, for as long as subscribers need to fetch them.
create unlogged table ${schema}.event (
    id bigint primary key,
    payload bytea not null,
    since timestamptz not null default clock_timestamp()
);

create index event_since on ${schema}.event (since);

-- How the locks of this schema are held: one row, written by the first who opens it.
create table ${schema}.lock_mode (
    one boolean primary key default true check (one),
    mode text not null
);

-- Grants of locks held by sessions: this base and the next number of the sequence, for which nobody waits and nothing is written. The
-- base is read behind the advisory lock, by a statement of its own, and like the sequence it only rises: so does every grant of a name,
-- whatever the clock does. A crash takes the sequence back to its start; then the base is raised above everything that can have been
-- granted since it was written the last time, which each session does when it begins and each process about once a minute.
create table ${schema}.grant_base (
    one boolean primary key default true check (one),
    base bigint not null,
    seen bigint not null                        -- where the sequence was when this was written
);

insert into ${schema}.grant_base (base, seen) values ((extract(epoch from clock_timestamp()) * 1000000)::bigint, 0);

-- Before 15 there are none but logged ones.
do $$
begin
    execute 'create ' || case when current_setting('server_version_num')::integer >= 150000 then 'unlogged ' else '' end
        || 'sequence ${schema}.grants';
end $$;

-- Raises the base to the clock. In the hundred seconds of numbers there is room for more grants than a server makes in a minute.
create function ${schema}.floor_grants() returns void language plpgsql as $$
declare
    n bigint;
begin
    perform from ${schema}.grant_base for update;
    n := nextval('${schema}.grants');
    update ${schema}.grant_base b
    set seen = n, base = greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint - n,
        case when n > b.seen then b.base else b.base + b.seen + 100000000 end);
end $$;

-- The next grant, above a number.
create function ${schema}.next_grant(above bigint) returns bigint language plpgsql as $$
declare
    n bigint;
    number bigint;
begin
    select s.n, b.base + s.n into n, number from ${schema}.grant_base b, (select nextval('${schema}.grants') as n) s;
    if number <= above then
        update ${schema}.grant_base b set base = greatest(b.base, above - n);
        select b.base + nextval('${schema}.grants') into number from ${schema}.grant_base b;
    end if;
    return number;
end $$;

-- Ends holds that nobody can read of in session_hold, and takes names, for whom nobody waits. It writes no row.
--   ended, wanted   keys
--   numbers         the grants of those wanted in their order; 0: not granted
--   waited          whether somebody has come to wait for what was ended; null: nothing was done, because somebody waits for one of
--                   the names, or one is offered
create function ${schema}.session_step(ended bigint[], wanted bigint[], out numbers bigint[], out waited boolean)
language plpgsql as $$
declare
    taken boolean[];
    done bigint;
begin
    if exists (select from ${schema}.waiter w where w.key = any (ended || wanted)) then
        return;
    end if;
    if cardinality(wanted) > 0 then
        taken := array(select pg_try_advisory_lock(key) from unnest(wanted) as key);
        -- An offer is committed before its lock is given back.
        if exists (select from ${schema}.session_hold h where h.key = any (wanted) and h.offer_ends > clock_timestamp()) then
            select count(*) into done from unnest(wanted, taken) as t (key, got) where t.got and pg_advisory_unlock(t.key);
            return;
        end if;
        numbers := array(select case when got then b.base + nextval('${schema}.grants') else 0 end
            from ${schema}.grant_base b, unnest(taken) as got);
    end if;
    waited := false;
    if cardinality(ended) > 0 then
        select count(*) into done from unnest(ended) as key where pg_advisory_unlock(key);
        waited := exists (select from ${schema}.waiter w where w.key = any (ended));
    end if;
end $$;
