package dev.holdfast.combine;

import dev.holdfast.spi.BackendException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Sends commands to a store, several at a time; what a backend supplies to a {@link Combiner}.
 *
 * @param <C> a command
 * @param <R> its reply
 */
@FunctionalInterface
public interface Transport<C, R extends @Nullable Object> {

    /**
     * Sends the commands in order over the lane's connection and tells the outcome of each as soon as its reply is read. Blocks until
     * all are told, within a time of its own.
     *
     * <p>When it returns or throws with commands untold, those end as {@link dev.holdfast.spi.OutcomeUnknownException}; only if it throws
     * {@link dev.holdfast.spi.BackendUnavailableException}, {@link dev.holdfast.spi.BackendRejectedException} (a login refused, say) or
     * {@link dev.holdfast.spi.BackendClosedException} do they end with that, as certainly not applied. So throw those only while nothing
     * has been sent. Never called twice at once for one lane.
     *
     * @param lane from 0; the same connection should serve the same lane
     * @param commands at least one; valid during the call
     */
    void send(int lane, List<C> commands, Replies<R> replies);

    /**
     * Sends the commands over the lane's connection without waiting for replies. They are told in the next {@link #send} or {@link
     * #collect} of the lane, before the replies of that. Must not block. False, and nothing is sent, if this cannot be done; then the
     * commands come again in a {@link #send}.
     *
     * <p>The transport sees to it that {@link Combiner#collect} is called soon, for the lane may not be used again.
     */
    default boolean post(int lane, List<C> commands, Replies<R> replies) {
        return false;
    }

    /**
     * Sends the commands, and tells the outcomes of all that was posted or sent ahead before, but not of these: they are told in what the
     * lane does next, which is another of this, a {@link #send} or a {@link #collect}. Blocks and throws like {@link #send}. False, and
     * nothing is sent, if this cannot be done.
     */
    default boolean sendAhead(int lane, List<C> commands, Replies<R> replies) {
        return false;
    }

    /** Tells the outcomes of all that was posted on this lane. Blocks like {@link #send}. */
    default void collect(int lane) {}

    /** Takes the outcomes, each once; a second outcome for one command is ignored. */
    interface Replies<R extends @Nullable Object> {
        void reply(int index, R reply);

        void error(int index, BackendException error);
    }
}
