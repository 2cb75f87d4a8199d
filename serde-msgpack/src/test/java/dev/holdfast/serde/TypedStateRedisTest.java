package dev.holdfast.serde;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.servers.TestServers;

class TypedStateRedisTest extends TypedStateCase {
    @Override
    String url() {
        TestServers.redisMissing().ifPresent(why -> assumeTrue(false, "NOT RUN: " + why));
        return TestServers.redisUrl();
    }
}
