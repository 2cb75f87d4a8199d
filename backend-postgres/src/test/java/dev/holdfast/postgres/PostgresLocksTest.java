package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.backend.CoreOptions;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import dev.holdfast.event.EventStore;
import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockSettings;
import dev.holdfast.lock.LockStore;
import dev.holdfast.servers.PostgresOptions;
import dev.holdfast.servers.PostgresServer;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.NonOverlap;
import dev.holdfast.spi.Time;
import dev.holdfast.state.StateStore;
import java.sql.Connection;
import java.sql.Statement;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.Executor;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.postgresql.ds.PGSimpleDataSource;

/** How the way to hold locks is chosen. */
class PostgresLocksTest {
    private static final Duration LEASE = Duration.ofSeconds(20);

    @Test
    void modes_areNotMixedInOneSchema() {
        String url = LockServer.url("modes", "");
        try (Backend first = Backends.open(url)) {
            assertEquals(NonOverlap.UNLESS_SESSION_LOSS, first.nonOverlap());
            assertEquals(Duration.ofSeconds(10), first.limits().minLease());
        }
        BackendRejectedException mixed =
                assertThrows(BackendRejectedException.class, () -> Backends.open(url + "&lockMode=lease"));
        assertTrue(mixed.getMessage().contains("set lockMode=session"), mixed.getMessage());
    }

    @Test
    void schemas_ofOneDatabaseHaveNothingToDoWithEachOther() throws Exception {
        try (Backend orders = Backends.open(LockServer.url("locks_of_orders", ""));
                Backend billing = Backends.open(LockServer.url("locks_of_billing", ""));
                LockGuard guard = orders.locks().acquire("leader", LEASE)) {
            assertTrue(guard.isHeld());
            assertTrue(billing.locks().tryAcquire("leader", LEASE).isPresent());
        }
    }

    @Test
    void close_ofAnInterruptedThreadLeavesNoSession() throws Exception {
        String mine = " where application_name like 'closing%'";
        // Longer than this test looks, for the server ends a forgotten session after that.
        Backend backend =
                Backends.open(LockServer.url("closing", "&applicationName=closing&sessionTimeout=10m&lease=20m"));
        backend.locks().acquire("a");
        assertTrue(LockServer.ask("select count(*) from pg_stat_activity" + mine) > 0);
        Thread.currentThread().interrupt();
        backend.close();
        assertTrue(Thread.interrupted(), "the flag is kept");
        LockStoreCase.eventually(() -> LockServer.ask("select count(*) from pg_stat_activity" + mine) == 0);
    }

    @Test
    void durable_isNotDeclaredOverAPoolWhoseCommitsAreNotOnDisk() {
        for (String commit : List.of("on", "off")) {
            PGSimpleDataSource pool = new PGSimpleDataSource();
            pool.setUrl(LockServer.get().jdbcUrl());
            pool.setOptions("-c synchronous_commit=" + commit);
            Settings settings = Settings.builder(PostgresBackend.options())
                    .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "durable")
                    .build();
            try (Backend backend = Backends.over("durable", PostgresBackend.over(pool, pool, settings, Time.system()))
                    .open()) {
                assertEquals(commit.equals("on"), backend.capabilities().contains(Capability.DURABLE));
            }
        }
    }

    /** What the sessions of a role are set to must not let a crash take back what was acknowledged: neither state nor locks. */
    @Test
    void commits_areOnDiskWhereTheRoleIsSetOtherwise() throws Exception {
        String careless = "&lockMode=lease&options=-c%20synchronous_commit=off";
        try (Backend backend = Backends.open(LockServer.url("careless", careless))) {
            watchCommits("careless", "entry", "scope", "lease_hold", "lease_holder");
            write(backend);
        }
        assertEquals(Set.of("entry on", "scope on", "lease_hold on", "lease_holder on"), seen("careless"));
    }

    /** The connections of a pool of the application are as it made them; but a mark must never go back. */
    @Test
    void commitsOfScopesAndLocks_areOnDiskOverAPoolWhoseOtherCommitsAreNot() throws Exception {
        PGSimpleDataSource pool = new PGSimpleDataSource();
        pool.setUrl(LockServer.get().jdbcUrl());
        pool.setOptions("-c synchronous_commit=off");
        Settings settings = Settings.builder(PostgresBackend.options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "careless_pool")
                .set(dev.holdfast.postgres.PostgresOptions.LOCK_MODE, PostgresLocks.LEASE)
                .build();
        try (Backend backend = Backends.over("careless", PostgresBackend.over(pool, pool, settings, Time.system()))
                .open()) {
            watchCommits("careless_pool", "entry", "scope", "lease_hold", "lease_holder");
            backend.state().put(Key.of("k"), new byte[1]);
            assertEquals(Set.of("entry off"), seen("careless_pool"));
            LockServer.execute("truncate careless_pool.seen");
            backend.state().scope("s").takeOver().put(Key.of("k"), new byte[1]);
            take(backend);
        }
        assertEquals(Set.of("entry on", "scope on", "lease_hold on", "lease_holder on"), seen("careless_pool"));
    }

    private static void write(Backend backend) throws InterruptedException {
        backend.state().put(Key.of("k"), new byte[1]);
        backend.state().scope("s").takeOver().put(Key.of("k"), new byte[1]);
        take(backend);
    }

    private static void take(Backend backend) throws InterruptedException {
        LockGuard guard = backend.locks().tryAcquire("a", LEASE).orElseThrow();
        assertTrue(guard.extend(LEASE));
        guard.release();
    }

    /** Notes how each change of the tables is committed. */
    private static void watchCommits(String schema, String... tables) {
        LockServer.execute("create table " + schema + ".seen (what text);"
                + "create function " + schema + ".see() returns trigger language plpgsql as $$ begin insert into "
                + schema + ".seen values (tg_table_name || ' ' || current_setting('synchronous_commit'));"
                + " return null; end $$");
        for (String table : tables) {
            LockServer.execute("create trigger see after insert or update on " + schema + "." + table
                    + " for each row execute function " + schema + ".see()");
        }
    }

    private static Set<String> seen(String schema) {
        return Set.of(LockServer.words("select string_agg(distinct what, ',') from " + schema + ".seen")
                .split(","));
    }

    /** A commit that waits for its own disk alone may be unknown to the standby that is promoted. */
    @Test
    void replication_isNotSynchronousForCommitsThatDoNotWaitForIt() throws Exception {
        Settings settings = Settings.builder(PostgresBackend.options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "replicated")
                .build();
        try (PostgresServer server = LockServer.start();
                Connection superuser = StateServer.connect(server)) {
            PGSimpleDataSource source = new PGSimpleDataSource();
            source.setUrl(server.jdbcUrl());
            Database.over(source, source, settings).close();
            try (Statement statement = superuser.createStatement()) {
                statement.execute("set synchronous_commit = local");
                statement.execute("alter system set synchronous_standby_names = 'nobody'");
                statement.execute("select pg_reload_conf()");
            }
            LockStoreCase.eventually(() ->
                    StateServer.ask(server, "select (current_setting('synchronous_standby_names') <> '')::int") == 1);
            for (String commit : List.of("on", "local")) {
                source.setOptions("-c synchronous_commit=" + commit);
                try (Database database = Database.over(source, source, settings)) {
                    assertEquals(commit.equals("on"), database.replicatedSynchronously(), commit);
                }
            }
        }
    }

    /** It is an option there too, because a session is trusted for less than its timeout, by what clocks may differ. */
    @ParameterizedTest
    @ValueSource(doubles = {0.01, 0.4})
    void clockDrift_isThatOfTheSettingsOverDataSources(double drift) {
        PGSimpleDataSource source = new PGSimpleDataSource();
        source.setUrl(LockServer.get().jdbcUrl());
        Settings.Builder settings = Settings.builder(PostgresBackend.options())
                .set(dev.holdfast.postgres.PostgresOptions.SCHEMA, "drift")
                .set(dev.holdfast.postgres.PostgresOptions.SESSION_TIMEOUT, LEASE);
        if (drift != LockSettings.defaults().clockDrift()) {
            settings.set(CoreOptions.CLOCK_DRIFT, drift);
        }
        Stores stores = PostgresBackend.over(source, source, settings.build(), new Standing());
        try (StateStore state = stores.state();
                LockStore locks = Objects.requireNonNull(stores.locks());
                EventStore events = Objects.requireNonNull(stores.events())) {
            LockName name = new LockName("default", "a");
            LeaseId leaseId = LeaseId.random();
            GrantRequest request = new GrantRequest(name, leaseId, LEASE.toMillis(), 0, null, "");
            assertTrue(locks.tryGrant(request).await().granted());
            assertEquals((long) (LEASE.toNanos() * (1 - drift)), locks.assuredNanos(name, leaseId));
        }
    }

    /** A clock that stands still, so that none of what a session is trusted for has passed. */
    private static final class Standing implements Time {
        @Override
        public long nanos() {
            return 0;
        }

        @Override
        public long wallMicros() {
            return system().wallMicros();
        }

        @Override
        public Timer schedule(long delayNanos, Runnable task) {
            return system().schedule(delayNanos, task);
        }

        @Override
        public Executor callbacks() {
            return system().callbacks();
        }

        private static Time system() {
            return Time.system();
        }
    }

    @Test
    void lease_belowTheSessionTimeoutIsRefused() {
        try (Backend backend = Backends.open(LockServer.url("modes", ""))) {
            IllegalArgumentException tooShort = assertThrows(
                    IllegalArgumentException.class, () -> backend.locks().tryAcquire("a", Duration.ofSeconds(9)));
            assertTrue(tooShort.getMessage().contains("PT10S"), tooShort.getMessage());
        }
    }

    /** Nobody is asked, so it does not matter that there is nobody. */
    @ParameterizedTest
    @ValueSource(strings = {"lease=5s", "sessionTimeout=1m", "sessionTimeout=2m&lease=1m"})
    void leaseOption_belowTheSessionTimeoutIsRefusedBeforeAnythingIsSent(String options) {
        String url = "postgresql://nobody@nowhere.invalid/x?" + options;
        ConfigException tooShort = assertThrows(ConfigException.class, () -> Backends.open(url));
        for (String word : List.of("lease (PT", "sessionTimeout (PT", "lockMode=lease")) {
            assertTrue(tooShort.getMessage().contains(word), tooShort.getMessage());
        }
        assertThrows(BackendUnavailableException.class, () -> Backends.open(url + "&lockMode=lease"));
    }

    @Test
    void oldServer_hasNoSessionTimeoutAndTheRemedyIsNamed() {
        PostgresOptions old = PostgresOptions.defaults().version("13");
        assumeTrue(old.missing().isEmpty(), () -> "NOT RUN: " + old.missing().orElse(""));
        try (PostgresServer server = PostgresServer.start(old)) {
            BackendRejectedException refused =
                    assertThrows(BackendRejectedException.class, () -> Backends.open(server.url()));
            assertTrue(refused.getMessage().contains("lockMode=lease"), refused.getMessage());
            try (Backend backend = Backends.open(server.url() + "?lockMode=auto")) {
                assertEquals(NonOverlap.UNLESS_FAILOVER, backend.nonOverlap());
            }
        }
    }
}
