package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Begins calls of the store; whatever it does, the handler hears of it, and what the handler throws is not lost. */
final class Replies {
    private static final Logger LOG = LoggerFactory.getLogger(LockEngine.class);

    private Replies() {}

    /** Hears an answer, or an error; the answer means nothing if there is an error. */
    interface Handler<T> {
        void ended(T answer, @Nullable RuntimeException error);
    }

    /** Makes the call and starts it, and tells the handler, perhaps before this returns. */
    static <T> void of(Supplier<Call<T>> maker, Handler<? super T> handler) {
        begin(maker, false, handler);
    }

    /** The same for a call whose answer may come late. */
    static <T> void lazily(Supplier<Call<T>> maker, Handler<? super T> handler) {
        begin(maker, true, handler);
    }

    @SuppressWarnings("NullAway") // without an error there is an answer
    private static <T> void begin(Supplier<Call<T>> maker, boolean lazily, Handler<? super T> handler) {
        try {
            maker.get().begin(lazily, (answer, error) -> {
                try {
                    handler.ended(answer, error == null ? null : unchecked(error));
                } catch (Throwable bug) {
                    LOG.error("The lock engine failed on a reply", bug);
                }
            });
        } catch (Throwable thrown) {
            ended(handler, unchecked(thrown));
        }
    }

    @SuppressWarnings("NullAway") // there is no answer beside an error
    private static <T> void ended(Handler<T> handler, RuntimeException error) {
        handler.ended(null, error);
    }

    /** The error as the engine knows it: what the store did not declare leaves everything open. */
    static RuntimeException unchecked(Throwable error) {
        Throwable plain = error instanceof CompletionException && error.getCause() != null ? error.getCause() : error;
        return plain instanceof RuntimeException runtime
                ? runtime
                : new OutcomeUnknownException("the store failed in an undeclared way", plain);
    }
}
