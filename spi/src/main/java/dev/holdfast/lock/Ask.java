package dev.holdfast.lock;

import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.Call;

/**
 * One question of a hold to the store, and when it was put.
 *
 * @param lease the lease it is put under
 * @param number the number of the command
 * @param sent a moment before the request was sent, from which the lease counts
 * @param trustedMillis how much of the lease can be trusted, for renewals that were under way when it was put
 * @param waiter whose terms it speaks for
 */
record Ask(Hold hold, Lease lease, long number, long sent, long trustedMillis, Waiter waiter, GrantRequest request) {

    /** Puts it on the caller's thread; an interrupt, or an {@link Error}, is the caller's own affair and no error of the store. */
    void await() {
        GrantReply reply;
        try {
            reply = call().await();
        } catch (RuntimeException error) {
            if (Thread.currentThread().isInterrupted() && error instanceof BackendException) {
                hold.brokenOff(this);
            } else {
                hold.failed(this, error);
            }
            return;
        } catch (Error fatal) {
            hold.brokenOff(this);
            throw fatal;
        }
        hold.replied(this, reply);
    }

    void start() {
        Replies.of(this::call, (reply, error) -> {
            if (error == null) {
                hold.replied(this, reply);
            } else {
                hold.failed(this, error);
            }
        });
    }

    /** Whether it asks for a place in the queue. */
    boolean isPlaced() {
        return request.waiting() != null;
    }

    private Call<GrantReply> call() {
        return hold.holds.store.tryGrant(request);
    }
}
