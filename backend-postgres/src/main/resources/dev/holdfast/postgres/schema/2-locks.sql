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
