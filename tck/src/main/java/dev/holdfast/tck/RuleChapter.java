package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.spi.Key;
import dev.holdfast.state.StateBackend;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.TestMethodOrder;

/**
 * What the rules of a chapter are written with. A rule is a test method; {@link RuleRunner} gives it a fresh setting and turns what it
 * throws into a verdict.
 *
 * <p>Rules never sleep and hope: what lasts is judged by {@link Span}, what must come by {@link #eventually}, what happens at once by
 * {@link Race}.
 */
@TestMethodOrder(MethodOrderer.MethodName.class)
abstract class RuleChapter {
    private @Nullable RuleSetting setting;

    void enter(RuleSetting fresh) {
        setting = fresh;
    }

    /** What one try of a rule may take of any store; of one whose leases or answers take long it may take longer. */
    Duration patience() {
        return Duration.ofMinutes(2);
    }

    final RuleSetting setting() {
        if (setting == null) {
            throw new IllegalStateException("a rule runs only under RuleRunner");
        }
        return setting;
    }

    // --- Clients: independent ones of one store

    /** The first client of this rule's namespace. */
    final Backend client() {
        return setting().client();
    }

    /** Another client, with connections and caches of its own. */
    final Backend otherClient() {
        return setting().otherClient();
    }

    /** One more client, closed after the rule. */
    final Backend newClient() {
        return setting().newClient();
    }

    /** A client of a namespace that nobody else has: this rule's with something behind it. */
    final Backend clientOf(String suffix) {
        return setting().clientOf(setting().namespace() + suffix);
    }

    final StateBackend state() {
        return client().state();
    }

    final StateBackend otherState() {
        return otherClient().state();
    }

    final DistributedLock locks() {
        return client().locks();
    }

    final DistributedLock otherLocks() {
        return otherClient().locks();
    }

    // --- Time

    /** Lets time pass: waits, or moves the subject's clock. */
    final void pass(Duration duration) {
        setting().passage().pass(duration);
    }

    /** For rules with a listener that blocks: by a manual clock listeners run on the thread that moves it, and nothing can go on. */
    final void requireCallbackThreads() {
        if (setting().passage().isManual()) {
            throw new NotRun("a listener that blocks needs a thread of its own, which a manual clock does not give it");
        }
    }

    /** A time to live fit for this store, longer in a repeated try. */
    final Duration ttl() {
        return setting().bounds().ttl().multipliedBy(setting().scale());
    }

    /** A lease that is not lost because the machine is busy, longer in a repeated try. */
    final Duration lease() {
        return setting().bounds().lease().multipliedBy(setting().scale());
    }

    /** The span of time that this call begins. */
    final Span span(Duration length, Runnable call) {
        return Span.begin(setting().passage(), length, call);
    }

    /** Waits until it is so; fails if it does not come to be. */
    final void eventually(String what, BooleanSupplier condition) {
        Eventually.await(setting(), what, condition);
    }

    /** Starts code that may block in a thread of its own. */
    final <T> Background<T> start(Callable<T> code) {
        return Background.start(setting(), code);
    }

    // --- Concurrency and chance

    /** Several threads that do things at the same time. */
    final Race race(int threads) {
        return new Race(setting(), threads);
    }

    /** Random choices that the seed repeats. */
    final Random random() {
        return setting().random();
    }

    // --- Small words

    static Key key(String text) {
        return Key.of(text);
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    final byte[] randomBytes(int length) {
        byte[] bytes = new byte[length];
        random().nextBytes(bytes);
        return bytes;
    }
}
