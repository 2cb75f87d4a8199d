package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;

class TestServersTest {

    @Test
    void redisUrl_isThatOfOneServerUnlessTheUserNamesOne() {
        String own = TestServers.redisUrl();
        assertTrue(own.startsWith("redis://127.0.0.1:"), own);
        assertEquals(own, TestServers.redisUrl());
        assertEquals(Optional.empty(), TestServers.redisMissing());

        assertEquals("redis://elsewhere", with(TestServers.REDIS_URL, "redis://elsewhere", TestServers::redisUrl));
    }

    @Test
    void postgresUrl_isTheOneTheUserNames() {
        assertEquals(
                "postgresql://elsewhere/db",
                with(TestServers.POSTGRES_URL, "postgresql://elsewhere/db", TestServers::postgresUrl));
        assertEquals(Optional.empty(), with(TestServers.POSTGRES_URL, "postgresql://x", TestServers::postgresMissing));
    }

    private static <T> T with(String property, String value, java.util.function.Supplier<T> question) {
        String before = System.setProperty(property, value);
        try {
            return question.get();
        } finally {
            if (before == null) {
                System.clearProperty(property);
            } else {
                System.setProperty(property, before);
            }
        }
    }
}
