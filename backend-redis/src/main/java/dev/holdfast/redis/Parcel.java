package dev.holdfast.redis;

import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Commands that travel to one server together, and what became of each. Filled by the thread that reads the replies; whoever waits for
 * the parcel sees them after its call has ended.
 */
final class Parcel {
    private static final Object UNTOLD = new Object();

    final List<Command> commands;
    /** Whether each command is preceded by ASKING, for a slot that is on its way to this server. */
    final boolean asking;
    /** After this it is not sent any more. */
    final long deadlineNanos;

    private final @Nullable Object[] outcomes;

    Parcel(List<Command> commands, boolean asking, long deadlineNanos) {
        this.commands = commands;
        this.asking = asking;
        this.deadlineNanos = deadlineNanos;
        outcomes = new Object[commands.size()];
        Arrays.fill(outcomes, UNTOLD);
    }

    /** A reply, or an exception: what the server refused with, or one of ours. */
    void end(int index, @Nullable Object outcome) {
        outcomes[index] = outcome;
    }

    /** Ends all that have not ended. */
    void endRest(RuntimeException error) {
        for (int i = 0; i < outcomes.length; i++) {
            if (outcomes[i] == UNTOLD) {
                outcomes[i] = error;
            }
        }
    }

    @Nullable
    Object outcome(int index) {
        return outcomes[index];
    }

    boolean hasWrites() {
        for (Command command : commands) {
            if (command.isWrite()) {
                return true;
            }
        }
        return false;
    }
}
