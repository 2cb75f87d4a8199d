package dev.holdfast.redis;

import dev.holdfast.spi.BackendUnavailableException;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.Map;
import java.util.Queue;
import org.jspecify.annotations.Nullable;

/**
 * Holds back commands that would overtake one of the same affinity that goes another way than they. Costs nothing while there is none.
 * Safe for use by many threads.
 */
final class Turns {
    private final int maxWaiting;
    /** By affinity, while one goes another way. Guarded by itself. */
    private final Map<Integer, Line> lines = new HashMap<>();
    /** How many lines there are; read without the lock as a hint, which is right for whoever began what it asks about. */
    private volatile int taken;

    private int waiting;

    Turns(int maxWaiting) {
        this.maxWaiting = maxWaiting;
    }

    private record Turn(boolean alone, Runnable command) {}

    private static final class Line {
        final Queue<Turn> turns = new ArrayDeque<>();
        /** Whether one that goes another way is on its way. */
        boolean busy;
        /** Whether somebody begins turns of it now, in a loop, so that ends which come at once do not pile up on one stack. */
        boolean moving;
    }

    /** Whether a command of this affinity may have to wait. */
    boolean isTaken(int affinity) {
        if (taken == 0) {
            return false;
        }
        synchronized (lines) {
            return lines.containsKey(affinity);
        }
    }

    /**
     * Begins a command when those of its affinity that came before have begun, and those of them that go alone have {@linkplain #ended}.
     * Throws {@link BackendUnavailableException} if too many wait.
     *
     * @param alone whether it goes another way than others
     */
    void begin(int affinity, boolean alone, Runnable command) {
        Line line;
        synchronized (lines) {
            line = lines.get(affinity);
            if (line == null && alone) {
                line = new Line();
                lines.put(affinity, line);
                taken = lines.size();
            }
            if (line != null) {
                if (waiting >= maxWaiting) {
                    throw new BackendUnavailableException("the queue is full with " + maxWaiting
                            + " commands behind large ones; this one was not sent, try again later");
                }
                line.turns.add(new Turn(alone, command));
                waiting++;
            }
        }
        if (line == null) {
            command.run();
        } else {
            move(affinity, line);
        }
    }

    /** The one of this affinity that went alone has ended. */
    void ended(int affinity) {
        Line line;
        synchronized (lines) {
            line = lines.get(affinity);
            if (line == null) {
                throw new IllegalStateException("none was on its way");
            }
            line.busy = false;
        }
        move(affinity, line);
    }

    private void move(int affinity, Line line) {
        synchronized (lines) {
            if (line.moving || line.busy) {
                return;
            }
            line.moving = true;
        }
        for (Turn turn = next(affinity, line); turn != null; turn = next(affinity, line)) {
            turn.command.run();
        }
    }

    private @Nullable Turn next(int affinity, Line line) {
        synchronized (lines) {
            Turn turn = line.busy ? null : line.turns.poll();
            if (turn == null) {
                line.moving = false;
                if (!line.busy) {
                    // Not another that was begun since.
                    lines.remove(affinity, line);
                    taken = lines.size();
                }
                return null;
            }
            waiting--;
            line.busy = turn.alone;
            return turn;
        }
    }
}
