package dev.holdfast.resilience;

import dev.holdfast.spi.Health;
import dev.holdfast.spi.Time;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The circuit breakers of one backend: one for each of its servers where the store tells them apart, and one, named {@value #STORE}, for
 * what concerns no single server. Found with {@code backend.extension(CircuitBreakers.class)}. Safe for use by many threads.
 */
public final class CircuitBreakers {
    /** The name of the breaker for everything that is not asked of one server among several. */
    public static final String STORE = "store";

    private static final Logger LOG = LoggerFactory.getLogger(CircuitBreakers.class);

    /** What a breaker does now. */
    public enum State {
        /** Lets everything through. */
        CLOSED,
        /** Lets some through, to see whether the server is back. */
        HALF_OPEN,
        /** Lets nothing through but renewals and releases of locks. */
        OPEN
    }

    /**
     * A breaker changed its state.
     *
     * @param node the server, or {@link #STORE}
     * @param failurePercent how much of what was judged had failed, from 0 to 100; -1 if there was too little to judge
     * @param slowPercent how much of it was slow, in the same way
     */
    public record Change(String node, State from, State to, float failurePercent, float slowPercent) {}

    private final BreakerPolicy policy;
    private final Time time;
    private final Breaker store;
    private final Map<String, Breaker> nodes = new ConcurrentHashMap<>();
    private final List<Consumer<Change>> listeners = new CopyOnWriteArrayList<>();
    private final LongAdder refused = new LongAdder();
    private final LongAdder opened = new LongAdder();

    CircuitBreakers(BreakerPolicy policy, Time time) {
        this.policy = policy;
        this.time = time;
        store = new Breaker(STORE, policy, time, this, refused);
    }

    Breaker of(@Nullable String node) {
        if (node == null) {
            return store;
        }
        Breaker known = nodes.get(node);
        return known != null
                ? known
                : nodes.computeIfAbsent(node, name -> new Breaker(name, policy, time, this, refused));
    }

    /** The state of each breaker, by the name of its server. */
    public Map<String, State> states() {
        Map<String, State> states = new TreeMap<>();
        states.put(STORE, store.state());
        nodes.forEach((node, breaker) -> states.put(node, breaker.state()));
        return states;
    }

    /** Calls the listener for each change of state from now on, on threads for callbacks. It may block; what it throws is logged. */
    public void onChange(Consumer<Change> listener) {
        listeners.add(Objects.requireNonNull(listener, "listener"));
    }

    void changed(Change change) {
        if (change.to() == State.OPEN) {
            opened.increment();
            LOG.warn(
                    "The circuit breaker of {} is open: {} % of what was asked of it failed, {} % was slow; operations are"
                            + " refused for {}, except renewals and releases of locks",
                    change.node(),
                    Math.round(Math.max(0, change.failurePercent())),
                    Math.round(Math.max(0, change.slowPercent())),
                    policy.openFor());
        } else {
            LOG.info("The circuit breaker of {} is {}", change.node(), text(change.to()));
        }
        for (Consumer<Change> listener : listeners) {
            time.callbacks().execute(() -> tell(listener, change));
        }
    }

    private static void tell(Consumer<Change> listener, Change change) {
        try {
            listener.accept(change);
        } catch (RuntimeException failed) {
            LOG.warn("A listener of circuit breakers failed; operations are not affected", failed);
        }
    }

    private static String text(State state) {
        return state.name().toLowerCase(Locale.ROOT).replace('_', ' ');
    }

    /** DEGRADED while one of them is not closed, for some of the operations are refused then. */
    Health health() {
        Map<String, String> details = new TreeMap<>();
        boolean closed = true;
        for (Map.Entry<String, State> one : states().entrySet()) {
            closed &= one.getValue() == State.CLOSED;
            details.put("circuitBreaker." + one.getKey(), text(one.getValue()));
        }
        return new Health(closed ? Health.Status.UP : Health.Status.DEGRADED, details);
    }

    void tell(Map<String, Long> gauges) {
        Map<String, State> states = states();
        gauges.put("circuitBreakers.closed", count(states, State.CLOSED));
        gauges.put("circuitBreakers.halfOpen", count(states, State.HALF_OPEN));
        gauges.put("circuitBreakers.open", count(states, State.OPEN));
        gauges.put("circuitBreakers.opened", opened.sum());
        gauges.put("circuitBreakers.refused", refused.sum());
    }

    private static long count(Map<String, State> states, State state) {
        return states.values().stream().filter(state::equals).count();
    }
}
