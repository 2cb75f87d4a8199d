package dev.holdfast.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.LockEngine;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import dev.holdfast.lock.LockSettings;
import dev.holdfast.lock.RenewReply;
import dev.holdfast.lock.Renewal;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Limits;
import dev.holdfast.spi.ManualTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What holding many locks costs. */
class HeldLocksTest {
    private static final int GUARDS = 10_000;

    private final ManualTime time = new ManualTime();
    private final Memory memory = new Memory("memory", time);
    private int renewCommands;

    private final LockEngine engine = DistributedLock.over(
            new ForwardingLockStore(new MemoryLockStore(memory)) {
                @Override
                public Call<List<RenewReply>> renew(List<Renewal> renewals) {
                    renewCommands++;
                    return super.renew(renewals);
                }
            },
            "test",
            LockSettings.defaults(),
            Limits.builder().build(),
            time);

    @Test
    void heldGuards_areSmall_andAreRenewedTogether() throws InterruptedException {
        List<LockGuard> guards = new ArrayList<>(GUARDS);
        hold(guards);
        guards.forEach(LockGuard::close);
        guards.clear();
        long before = usedBytes();
        hold(guards);
        // Renewed once, so that what renewing keeps is there too.
        time.advance(Duration.ofSeconds(10));
        long each = (usedBytes() - before) / GUARDS;
        assertTrue(each <= 1_024, "bytes of one held lock, the store's record of it included: " + each);
        time.advance(Duration.ofSeconds(30));
        assertEquals(4 * GUARDS / 1_000, renewCommands, "commands of four renewals of them all");
        assertTrue(guards.stream().allMatch(LockGuard::isHeld));
        engine.close();
        assertEquals(0, memory.locks.size());
    }

    private void hold(List<LockGuard> guards) throws InterruptedException {
        for (int i = 0; i < GUARDS; i++) {
            guards.add(engine.acquire("name" + i, LockOptions.renewing()));
        }
    }

    private static long usedBytes() {
        Runtime runtime = Runtime.getRuntime();
        long least = Long.MAX_VALUE;
        for (int i = 0; i < 5; i++) {
            System.gc();
            least = Math.min(least, runtime.totalMemory() - runtime.freeMemory());
        }
        return least;
    }
}
