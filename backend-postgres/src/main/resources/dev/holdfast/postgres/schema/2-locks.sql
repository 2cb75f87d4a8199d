-- Locks. Each of the two ways to hold a lock has tables of its own, of the same columns: session_ for locks held by sessions of the
-- server, lease_ for locks that are nothing but rows. The first are unlogged: a crash empties them, and takes the locks with it.

-- What is known of a name: who holds it, for whom it is kept, and its last grant. A name that is free keeps its row for a while, so that
-- its next grant is greater than its last one whatever the clock does.
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

-- What one thread alone asks of a session, as one short step in place of two long statements: ends one hold, takes one name, or both.
--   ended     the key of the hold to end, with its lease id; null: none
--   wanted    the key of the name to take; null: none
--   number    the grant; 0: not granted; null: nothing was done, because somebody waits for one of the names
--   waited    whether somebody has come to wait for what was ended
-- The advisory lock of the ended hold is given back behind everything that may wait for a row, so nobody who gets it can be waited for.
create function ${schema}.session_step(
    ended bigint, ended_high bigint, ended_low bigint,
    wanted bigint, a_namespace bytea, a_name bytea, a_high bigint, a_low bigint, a_millis bigint, above bigint, a_label bytea,
    a_holder bigint, out number bigint, out waited boolean
) language plpgsql as $$
declare
    done boolean;
begin
    if exists (select from ${schema}.waiter w where w.key in (ended, wanted)) then
        return;
    end if;
    if ended is not null then
        update ${schema}.session_hold h
        set high = null, low = null, ends = clock_timestamp(), contended = false, forced = false
        where h.key = ended and h.high = ended_high and h.low = ended_low;
    end if;
    if wanted is not null and pg_try_advisory_lock(wanted) then
        insert into ${schema}.session_hold as h (key, namespace, name, high, low, number, holder, millis, ends, label)
        values (wanted, a_namespace, a_name, a_high, a_low,
            greatest((extract(epoch from clock_timestamp()) * 1000000)::bigint, above + 1),
            a_holder, a_millis, clock_timestamp() + a_millis * interval '1 millisecond', a_label)
        on conflict (key) do update set namespace = excluded.namespace, name = excluded.name,
            high = excluded.high, low = excluded.low, number = greatest(h.number + 1, excluded.number),
            holder = excluded.holder, millis = excluded.millis, ends = excluded.ends, label = excluded.label,
            contended = false, forced = false, offer_high = null, offer_low = null, offer_ends = null
        where h.offer_ends is null or h.offer_ends <= clock_timestamp()
            or (h.offer_high, h.offer_low) = (excluded.high, excluded.low)
        returning h.number into number;
        if number is null then
            -- It is kept for somebody else.
            done := pg_advisory_unlock(wanted);
        end if;
    end if;
    number := coalesce(number, 0);
    if ended is not null then
        done := pg_advisory_unlock(ended);
        waited := exists (select from ${schema}.waiter w where w.key = ended);
    end if;
end $$;
