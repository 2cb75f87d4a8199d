insert into ${schema}.schema_version (version) values (${version});
