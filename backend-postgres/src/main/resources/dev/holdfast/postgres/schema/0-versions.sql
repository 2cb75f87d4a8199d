-- What has been done to this schema. A client of an older version goes on working: a version only adds.
create table ${schema}.schema_version (
    version integer primary key,
    since timestamptz not null default clock_timestamp()
);
