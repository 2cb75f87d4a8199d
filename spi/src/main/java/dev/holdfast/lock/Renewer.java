package dev.holdfast.lock;

import dev.holdfast.spi.OutcomeUnknownException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Renews the holds that are due, many in one command. A command that fails, or is never answered, leaves its holds to be renewed again
 * soon, each at a moment of its own, and concerns no others. Safe for use by many threads.
 */
final class Renewer {
    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    private final Holds holds;
    private final ConcurrentLinkedQueue<Hold> due = new ConcurrentLinkedQueue<>();
    private final LongAdder failed = new LongAdder();
    private final AtomicBoolean failing = new AtomicBoolean();

    Renewer(Holds holds) {
        this.holds = holds;
    }

    /**
     * One hold in a renewal that was sent.
     *
     * @param lease the lease to renew
     * @param number the number of the command
     * @param sent a moment before it was sent
     * @param trustedMillis how much of the lease can be trusted, for renewals that were under way when it was sent
     */
    record Item(Hold hold, Lease lease, long number, long sent, long leaseMillis, long trustedMillis) {
        Renewal renewal() {
            return new Renewal(hold.name, lease.id, leaseMillis);
        }
    }

    /** Has the hold renewed by the next {@link #flush}. */
    void add(Hold hold) {
        due.add(hold);
    }

    /** Sends the renewals that are due and still wanted. */
    void flush() {
        List<Item> chunk = new ArrayList<>();
        int most = Math.max(1, holds.store.renewBatch());
        for (Hold hold = due.poll(); hold != null; hold = due.poll()) {
            Item item = hold.prepareRenewal();
            if (item != null) {
                chunk.add(item);
            }
            if (chunk.size() == most) {
                send(chunk);
                chunk = new ArrayList<>();
            }
        }
        if (!chunk.isEmpty()) {
            send(chunk);
        }
    }

    private void send(List<Item> chunk) {
        List<Renewal> renewals = chunk.stream().map(Item::renewal).toList();
        Replies.of(() -> holds.store.renew(renewals), (replies, error) -> answered(chunk, replies, error));
    }

    private void answered(List<Item> chunk, List<RenewReply> replies, @Nullable RuntimeException error) {
        RuntimeException failure = error != null || replies.size() == chunk.size()
                ? error
                : new OutcomeUnknownException(
                        "the store answered " + replies.size() + " of " + chunk.size() + " renewals");
        if (failure != null) {
            failed.add(chunk.size());
            chunk.forEach(item -> item.hold().renewalFailed(item, failure));
            // Once for a disturbance, not once for each batch of it.
            if (failing.compareAndSet(false, true)) {
                LOG.warn("Renewing {} locks failed; trying again while their leases last", chunk.size(), failure);
            }
            return;
        }
        if (failing.get() && failing.compareAndSet(true, false)) {
            LOG.info("Renewing locks succeeds again");
        }
        for (int i = 0; i < chunk.size(); i++) {
            Item item = chunk.get(i);
            try {
                if (replies.get(i) == RenewReply.UNKNOWN) {
                    failed.increment();
                    item.hold().renewalFailed(item, new OutcomeUnknownException("a part of the store did not answer"));
                } else {
                    item.hold().renewed(item, replies.get(i));
                }
            } catch (RuntimeException bug) {
                LOG.error("The lock engine failed on the renewal of {}", item.hold().name, bug);
            }
        }
    }

    long failed() {
        return failed.sum();
    }
}
