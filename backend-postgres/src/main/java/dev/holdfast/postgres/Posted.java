package dev.holdfast.postgres;

import dev.holdfast.combine.Transport;
import dev.holdfast.spi.BackendException;
import dev.holdfast.spi.OutcomeUnknownException;
import dev.holdfast.spi.Time;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.BiConsumer;

/** Commands that nobody waits for, kept for a moment to travel with the next. Used, but for its timer, by the thread that has the lane. */
final class Posted {
    private static final int MOST = 64;
    /** How long they wait for company. */
    private static final long WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(1);

    /** A command and who is to be told of it. */
    private record Told(LockCommand command, int index, Transport.Replies<Object> replies) {}

    private final Time time;
    /** Has the lane send them. */
    private final Runnable collect;

    private List<Told> kept = new ArrayList<>();
    /** When the first was kept; 0 if there is none. */
    private volatile long since;

    private final AtomicBoolean waiting = new AtomicBoolean();

    Posted(Time time, Runnable collect) {
        this.time = time;
        this.collect = collect;
    }

    boolean isEmpty() {
        return kept.isEmpty();
    }

    boolean isFull() {
        return kept.size() >= MOST;
    }

    /** Keeps commands until others are sent, or their time is over. */
    void keep(List<LockCommand> commands, Transport.Replies<Object> replies) {
        if (kept.isEmpty()) {
            since = time.nanos();
        }
        add(commands, replies);
        collectLater();
    }

    /** Adds what is about to be sent with them. */
    void add(List<LockCommand> commands, Transport.Replies<Object> replies) {
        for (int i = 0; i < commands.size(); i++) {
            kept.add(new Told(commands.get(i), i, replies));
        }
    }

    /** One timer, however much is kept. */
    private void collectLater() {
        if (waiting.compareAndSet(false, true)) {
            time.schedule(WAIT_NANOS, () -> {
                waiting.set(false);
                long first = since;
                if (first != 0 && time.nanos() - first >= WAIT_NANOS) {
                    collect.run();
                }
                // The lane was busy, or there is something new.
                if (since != 0) {
                    collectLater();
                }
            });
        }
    }

    /** Has all that is kept sent at once, and each told its own reply. */
    void send(BiConsumer<List<LockCommand>, Transport.Replies<Object>> sender) {
        List<Told> all = kept;
        if (all.isEmpty()) {
            return;
        }
        kept = new ArrayList<>();
        since = 0;
        Transport.Replies<Object> replies = new Transport.Replies<>() {
            @Override
            public void reply(int index, Object reply) {
                all.get(index).replies().reply(all.get(index).index(), reply);
            }

            @Override
            public void error(int index, BackendException error) {
                all.get(index).replies().error(all.get(index).index(), error);
            }
        };
        try {
            sender.accept(all.stream().map(Told::command).toList(), replies);
        } catch (RuntimeException | Error failed) {
            BackendException error = failed instanceof BackendException known
                    ? known
                    : new OutcomeUnknownException("the reply was lost: " + failed.getMessage(), failed);
            for (int i = 0; i < all.size(); i++) {
                replies.error(i, error);
            }
            throw failed;
        }
    }
}
