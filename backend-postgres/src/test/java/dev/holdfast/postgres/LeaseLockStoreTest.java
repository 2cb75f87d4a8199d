package dev.holdfast.postgres;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.GrantRequest;
import dev.holdfast.lock.LockName;
import dev.holdfast.lock.LockStore;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.LeaseId;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LeaseLockStoreTest extends LockStoreCase {
    private static final String SCHEMA = "lease_store";

    @Override
    LockStore open() {
        Database database = LockServer.database(SCHEMA);
        long client = LeaseId.random().high() >>> 5;
        Notifications notifications = Notifications.open(database, client, 1);
        LockStore made = new LeaseLockStore(database, notifications, client, Time.system());
        opened.add(() -> {
            made.close();
            database.close();
        });
        return made;
    }

    private RenewReply renew(LeaseId leaseId, long millis) {
        return store.renew(List.of(new Renewal(name, leaseId, millis))).await().get(0);
    }

    @Test
    void renewing_writesOneRowHoweverManyHolds() throws Exception {
        List<Renewal> all = new ArrayList<>();
        for (int i = 0; i < 300; i++) {
            LockName each = new LockName(name.namespace(), "n" + i);
            store.tryGrant(new GrantRequest(each, a(i), LEASE, 0, null, "")).await();
            all.add(new Renewal(each, a(i), LEASE));
        }
        assertEquals(
                Set.of(RenewReply.RENEWED), store.renew(all).await().stream().collect(Collectors.toSet()));
        String xmins = "select sum(xmin::text::bigint) from " + SCHEMA + ".lease_hold where high is not null";
        long rows = LockServer.ask(xmins);
        for (int i = 0; i < 5; i++) {
            assertEquals(
                    Set.of(RenewReply.RENEWED),
                    store.renew(all).await().stream().collect(Collectors.toSet()));
        }
        assertEquals(rows, LockServer.ask(xmins), "a row of a hold was written again");
    }

    private LeaseId a(int i) {
        return new LeaseId(a.high(), i);
    }

    @Test
    void tiedHold_lastsFromTheLastHeartbeatAndIsTakenOverWhenThatStops() throws Exception {
        store.tryGrant(new GrantRequest(name, a, 1_000, 0, null, "")).await();
        long end = System.nanoTime() + 3_000_000_000L;
        while (System.nanoTime() - end < 0) {
            if (renew(a, 1_000) != RenewReply.RENEWED) {
                // The machine stood still for a second.
                return;
            }
            assertFalse(ask(other, b).granted());
        }
        eventually(() -> ask(other, b).granted());
        assertEquals(RenewReply.GONE, renew(a, 1_000));
    }

    @Test
    void hold_thatEndedIsNotRenewed() throws Exception {
        store.tryGrant(new GrantRequest(name, a, 50, 0, null, "")).await();
        eventually(() -> store.find(name).await() == null);
        assertEquals(RenewReply.GONE, renew(a, LEASE));
        assertTrue(ask(other, b).granted());
    }

    @Test
    void tiedHold_thatIsForcedIsNotRenewedThoughNobodyIsTold() {
        ask(store, a);
        assertEquals(RenewReply.RENEWED, renew(a, LEASE));
        LockServer.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where application_name = 'holdfast listener'");
        other.forceRelease(name).await();
        assertEquals(RenewReply.GONE, renew(a, LEASE));
    }
}
