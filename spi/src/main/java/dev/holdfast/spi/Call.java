package dev.holdfast.spi;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * One operation on a store, ready to be done through either door: {@link #await()} on the caller's thread, or {@link #start()}
 * without blocking.
 *
 * <p>Ports return calls and faces derive their blocking and asynchronous methods from them, so no backend writes an operation
 * twice. A blocking caller lends its own thread to the work, which is why a single-threaded user pays for no hand-off.
 *
 * <p>Rules: an operation is sent to the store at the latest when a door is used, and may already have been when the call was
 * made; one door is used, once; a call nobody uses may never happen. To repeat an operation ask the port for a new call.
 *
 * <p>Safe to hand from one thread to another, not to be used by two at once.
 *
 * @param <T> what the operation answers; {@code null} is an answer where the port says so
 */
public interface Call<T extends @Nullable Object> {

    /**
     * Does the operation and returns its answer.
     *
     * <p>Throws an error of the {@link BackendException} tree. When the thread is interrupted while it waits, the interrupt flag
     * stays set and the error says whether the operation was sent ({@link OutcomeUnknownException}) or not
     * ({@link BackendUnavailableException}).
     */
    T await();

    /** Begins the operation; the stage completes with its answer or its {@link BackendException}, never with a wrapper of it. */
    CompletionStage<T> start();

    /**
     * {@link #start} for a caller who is in no hurry to hear the answer: the operation is sent as soon, on the caller's thread where that
     * does not block, and the answer is read when somebody reads anyway, a few milliseconds later at most. Spares a hand-off to another
     * thread.
     */
    default CompletionStage<T> startLazily() {
        return start();
    }

    /**
     * Begins the operation as {@link #start} does, or as {@link #startLazily}, and tells how it ended without a stage in between. For
     * calls made of calls; users have the stages.
     *
     * @param listener told once, on the thread that hears of it; must neither block nor throw
     */
    default void begin(boolean lazily, Listener<? super T> listener) {
        (lazily ? startLazily() : start())
                .whenComplete((answer, error) -> listener.ended(answer, error == null ? null : Calls.strip(error)));
    }

    /** Hears how a call ended. */
    @FunctionalInterface
    interface Listener<T extends @Nullable Object> {
        /**
         * The call has ended; told once.
         *
         * @param answer the answer, if there is no error
         * @param error null, or the error, not wrapped
         */
        void ended(@Nullable T answer, @Nullable Throwable error);
    }

    /** The stage of a call that has its own {@link #begin}. */
    static <T extends @Nullable Object> CompletionStage<T> stage(Call<T> call, boolean lazily) {
        CompletableFuture<T> result = new CompletableFuture<>();
        call.begin(lazily, (answer, error) -> Calls.finish(result, answer, error));
        return result;
    }

    /** A call that answers what {@code change} makes of this one's answer. An error thrown by {@code change} becomes the error. */
    default <R extends @Nullable Object> Call<R> map(Function<? super T, ? extends R> change) {
        return new Calls.Mapped<>(this, change);
    }

    /** A call that goes on with the call {@code next} makes of this one's answer. */
    default <R extends @Nullable Object> Call<R> then(Function<? super T, ? extends Call<? extends R>> next) {
        return new Calls.Chained<>(this, next);
    }

    /** A call that goes on with the call {@code rescue} makes of this one's error; other throwables pass. */
    default Call<T> rescue(Function<? super BackendException, ? extends Call<T>> rescue) {
        return new Calls.Rescued<>(this, rescue);
    }

    /** A call already answered. */
    static <T extends @Nullable Object> Call<T> done(T answer) {
        return new Calls.Done<>(answer);
    }

    /** A call already failed. */
    static <T extends @Nullable Object> Call<T> failed(RuntimeException error) {
        return new Calls.Failed<>(error);
    }

    /** A call of code that answers at once, such as an access to memory: both doors run it on the caller's thread. */
    static <T extends @Nullable Object> Call<T> of(Supplier<? extends T> code) {
        return new Calls.Immediate<>(code);
    }

    /** A call of code that blocks: {@link #await()} runs it on the caller's thread, {@link #start()} on {@code executor}. */
    static <T extends @Nullable Object> Call<T> blocking(Executor executor, Supplier<? extends T> code) {
        return new Calls.Blocking<>(executor, code);
    }

    /** A call of code that begins an asynchronous operation when a door is used. */
    static <T extends @Nullable Object> Call<T> ofStage(Supplier<? extends CompletionStage<T>> code) {
        return new Calls.Staged<>(code);
    }

    /** A call whose making is itself put off until a door is used; what {@code maker} throws becomes the call's error. */
    static <T extends @Nullable Object> Call<T> defer(Supplier<? extends Call<T>> maker) {
        return new Calls.Deferred<>(maker);
    }

    /**
     * A call that makes one attempt after the other until one answers other than null, and fails with {@code exhausted} after
     * {@code most} of them. However many there are, they take no more stack than one.
     */
    static <T> Call<T> attempts(
            int most, Supplier<? extends Call<@Nullable T>> attempt, Supplier<? extends BackendException> exhausted) {
        return new Attempts<>(most, attempt, exhausted);
    }

    /**
     * A call of all the given ones, which answers theirs in order. They are started together, so that a store that combines
     * sends them together; the first error in order is the error, after all have ended.
     */
    static <T extends @Nullable Object> Call<List<T>> all(List<? extends Call<T>> calls) {
        return outcomes(calls).map(outcomes -> {
            List<T> answers = new ArrayList<>(outcomes.size());
            outcomes.forEach(outcome -> answers.add(outcome.get()));
            return answers;
        });
    }

    /** A call of all the given ones, started together, which answers what became of each. */
    static <T extends @Nullable Object> Call<List<Outcome<T>>> outcomes(List<? extends Call<T>> calls) {
        return new Calls.Many<>(List.copyOf(calls));
    }
}
