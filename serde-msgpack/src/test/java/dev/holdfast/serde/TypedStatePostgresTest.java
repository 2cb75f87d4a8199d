package dev.holdfast.serde;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.servers.TestServers;

class TypedStatePostgresTest extends TypedStateCase {
    @Override
    String url() {
        TestServers.postgresMissing().ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        return TestServers.postgresUrl();
    }
}
