package dev.holdfast.resilience;

import dev.holdfast.spi.BackendUnavailableException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.atomic.LongAdder;

/** Bounds how many operations of one kind are under way. Nobody waits here: a queue would only hide that there are too many. */
final class Bulkhead {
    private final OperationKind kind;
    private final int most;
    private final Semaphore free;
    private final LongAdder refused;

    Bulkhead(OperationKind kind, int most, LongAdder refused) {
        this.kind = kind;
        this.most = most;
        this.refused = refused;
        free = new Semaphore(most);
    }

    void enter(Task task) {
        if (!free.tryAcquire()) {
            refused.increment();
            throw new BackendUnavailableException(task.text + " was not sent: " + most + " operations of the kind "
                    + kind + " are under way, which is the most allowed at once; ask later, or allow more");
        }
    }

    void leave() {
        free.release();
    }
}
