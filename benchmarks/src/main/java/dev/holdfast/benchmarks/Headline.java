package dev.holdfast.benchmarks;

import dev.holdfast.backend.Backend;
import dev.holdfast.event.EventListener;
import dev.holdfast.event.Subscription;
import dev.holdfast.event.Topic;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.lock.LockOptions;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.HdrHistogram.ConcurrentHistogram;
import org.HdrHistogram.Histogram;

/** The figures that home-made systems put on their first page, each with what came of it here and a verdict. */
final class Headline {
    private static final int CALLERS = 64;
    private static final int NAMES = 16;
    private static final int OFFERED_TURNS = 5_000;
    private static final int OFFERED_MESSAGES = 10_000;
    private static final int PUBLISHERS = 16;
    private static final int BATCH = 1_000;
    private static final Duration WITHIN = Duration.ofSeconds(1);

    private final Servers servers;
    private final long millis;
    private final List<List<String>> rows = new ArrayList<>();

    Headline(Servers servers, long millis) {
        this.servers = servers;
        this.millis = millis;
        rows.add(List.of("figure", "asked for", "measured", "verdict"));
    }

    /** The table, heads first. */
    List<List<String>> rows() throws Exception {
        Supplier<Backend> redis = () -> RedisClients.holdfast(servers.redis());
        Supplier<Backend> postgres = () -> servers.postgres().holdfast("session");
        contended("Redis", redis);
        turns("Redis", redis, 10_000);
        turns("PostgreSQL", postgres, 1_000);
        batch("Redis", redis);
        batch("PostgreSQL", postgres);
        messages("Redis", redis);
        messages("PostgreSQL", postgres);
        return rows;
    }

    private void row(String figure, String wanted, boolean met, String form, Object... measured) {
        rows.add(List.of(figure, wanted, String.format(Locale.ROOT, form, measured), met ? "met" : "missed"));
    }

    /** A turn is a lock taken and given back; a wait longer than {@link #WITHIN} is a timeout. */
    private void contended(String store, Supplier<Backend> opening) throws Exception {
        AtomicLong timeouts = new AtomicLong();
        AtomicLong failures = new AtomicLong();
        try (Backend backend = opening.get()) {
            Work work = (thread, step) -> {
                try {
                    Optional<LockGuard> guard = backend.locks()
                            .tryAcquire(
                                    Works.PREFIX + "headline/" + (thread + step) % NAMES,
                                    LockOptions.lease(LockClient.LEASE).within(WITHIN));
                    guard.ifPresentOrElse(LockGuard::close, timeouts::incrementAndGet);
                } catch (RuntimeException failed) {
                    failures.incrementAndGet();
                }
                return 1;
            };
            Turn.paced(work, CALLERS, millis, OFFERED_TURNS, Meter.NONE);
            timeouts.set(0);
            failures.set(0);
            Turn turn = Turn.paced(work, CALLERS, 3 * millis, OFFERED_TURNS, Meter.NONE);
            String of = store + ", " + CALLERS + " callers for " + NAMES + " locks: ";
            double mean = turn.latency().getMean() / 1e6;
            double good = 100.0 * (turn.calls() - timeouts.get() - failures.get()) / turn.calls();
            double late = 100.0 * timeouts.get() / turn.calls();
            row(
                    of + "turns",
                    "5,000/s",
                    turn.perSecond() >= 0.99 * OFFERED_TURNS,
                    "%,.0f/s of 5,000 offered",
                    turn.perSecond());
            row(
                    of + "mean of a turn",
                    "< 20 ms",
                    mean < 20,
                    "%.2f ms (p99.9 %.2f ms)",
                    mean,
                    turn.latency().getValueAtPercentile(99.9) / 1e6);
            row(of + "success", "99.9 %", good >= 99.9, "%.3f %% of %,d", good, turn.calls());
            row(of + "timeouts after 1 s", "< 0.1 %", late < 0.1, "%.3f %%", late);
        }
    }

    private void turns(String store, Supplier<Backend> opening, int wanted) throws Exception {
        try (Work work =
                Works.freeLocks(() -> new HoldfastLocks(opening.get(), false)).open()) {
            Turn.run(work, CALLERS, millis, Meter.NONE);
            Turn turn = Turn.run(work, CALLERS, 2 * millis, Meter.NONE);
            // An acquire and a release are two.
            row(
                    store + ", " + CALLERS + " callers: lock operations",
                    String.format(Locale.ROOT, "%,d/s", wanted),
                    2 * turn.perSecond() >= wanted,
                    "%,.0f/s (%,.0f acquired and given back)",
                    2 * turn.perSecond(),
                    turn.perSecond());
        }
    }

    private void batch(String store, Supplier<Backend> opening) throws Exception {
        List<byte[]> keys = Works.keys(BATCH);
        byte[] value = Works.value(128);
        Map<String, Work.Opening> ways = Map.of(
                "batch", Works.batches(keys, value, () -> new HoldfastState(opening.get())),
                "single", Works.oneByOne(keys, value, () -> new HoldfastState(opening.get())));
        Contest contest = new Contest(3, millis, Meter.NONE);
        Scenario scenario = new Scenario(
                "headline", "", "", List.of(), -1, x -> 1, "single", Map.of(), Scenario.Measure.DEPTH, x -> ways);
        double ratio = contest.run(scenario, BATCH, name -> true).stream()
                .filter(result -> result.contender().equals("batch"))
                .mapToDouble(Result::ratio)
                .findFirst()
                .orElseThrow();
        row(
                store + ": " + BATCH + " puts in a batch, by the speed of single ones",
                "10 to 20",
                ratio >= 10,
                "%.0f",
                ratio);
    }

    private void messages(String store, Supplier<Backend> opening) throws Exception {
        ConcurrentHistogram delays = new ConcurrentHistogram(3);
        AtomicLong missed = new AtomicLong();
        EventListener listener = new EventListener() {
            @Override
            public void onEvent(String channel, byte[] payload) {
                delays.recordValue(
                        Math.max(0, System.nanoTime() - ByteBuffer.wrap(payload).getLong()));
            }

            @Override
            public void onMissed() {
                missed.incrementAndGet();
            }
        };
        try (Backend publisher = opening.get();
                Backend subscriber = opening.get();
                Subscription subscription = subscriber.events().subscribe(Topic.channel("headline"), listener)) {
            Work work = (thread, step) -> {
                publisher
                        .events()
                        .publish(
                                "headline",
                                ByteBuffer.allocate(128)
                                        .putLong(0, System.nanoTime())
                                        .array());
                return 1;
            };
            Turn.paced(work, PUBLISHERS, millis, OFFERED_MESSAGES, Meter.NONE);
            Thread.sleep(500);
            delays.reset();
            missed.set(0);
            Turn turn = Turn.paced(work, PUBLISHERS, 3 * millis, OFFERED_MESSAGES, Meter.NONE);
            Thread.sleep(500);
            Histogram heard = delays.copy();
            double p99 = heard.getValueAtPercentile(99) / 1e6;
            boolean kept = turn.perSecond() >= 0.99 * OFFERED_MESSAGES;
            row(
                    store + ": messages published and heard",
                    "10,000/s, < 50 ms",
                    kept && p99 < 50 && heard.getTotalCount() >= 0.999 * turn.calls(),
                    "%,.0f/s, p99 %.1f ms, most %.1f ms, %,d of %,d heard",
                    turn.perSecond(),
                    p99,
                    heard.getMaxValue() / 1e6,
                    heard.getTotalCount(),
                    turn.calls());
        }
    }
}
