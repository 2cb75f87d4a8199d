package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.spi.ManualTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.UUID;
import org.jspecify.annotations.Nullable;

/** What one try of one rule works with: a fresh namespace, clients opened when first asked for, closed in the end. */
final class RuleSetting implements AutoCloseable {
    private final TckSubject subject;
    private final @Nullable Bounds bounds;
    private final String namespace =
            "tck-" + UUID.randomUUID().toString().replace("-", "").substring(0, 16);
    private final Map<String, Backend> named = new HashMap<>();
    private final List<Backend> opened = new ArrayList<>();
    private final Passage passage;
    private final int scale;
    private final Random random;
    private @Nullable RecordedFaults faults;

    RuleSetting(TckSubject subject, long seed, int scale, @Nullable Bounds bounds) {
        this.subject = subject;
        this.bounds = bounds;
        this.scale = scale;
        this.passage = subject.passage();
        this.random = new Random(seed);
    }

    String namespace() {
        return namespace;
    }

    synchronized Backend client() {
        return named.computeIfAbsent("client", name -> newClient());
    }

    synchronized Backend otherClient() {
        return named.computeIfAbsent("other", name -> newClient());
    }

    synchronized Backend thirdClient() {
        return named.computeIfAbsent("third", name -> newClient());
    }

    Backend newClient() {
        return clientOf(namespace);
    }

    synchronized Backend clientOf(String otherNamespace) {
        Backend client = subject.client(otherNamespace);
        opened.add(client);
        return client;
    }

    /** One more client of the rule's namespace, whose clock stands still. */
    synchronized Backend stoppedClient(ManualTime clock) {
        Backend client = subject.stoppedClient(namespace, clock);
        opened.add(client);
        return client;
    }

    /** What this rule may do to the store; all of it is healed when the rule is over. */
    synchronized RecordedFaults faults() {
        if (faults == null) {
            Faults given = subject.faults();
            if (given == null) {
                throw new NotRun("the subject does not say what faults can be inflicted: TckSubject.withFaults");
            }
            // A client of its own, opened while all is well.
            Probe probe = new Probe(newClient().state(), bounds().slowRoundTrip());
            faults = new RecordedFaults(given, System::nanoTime, probe);
        }
        return faults;
    }

    /** What it has done to the store so far. */
    synchronized List<RecordedFaults.Fault> inflicted() {
        return faults == null ? List.of() : faults.inflicted();
    }

    TckSubject subject() {
        return subject;
    }

    Passage passage() {
        return passage;
    }

    /** 1, 2 or 4: times are multiplied by it when an earlier try was inconclusive. */
    int scale() {
        return scale;
    }

    Random random() {
        return random;
    }

    Bounds bounds() {
        if (bounds == null) {
            throw new IllegalStateException("not measured yet");
        }
        return bounds;
    }

    /** Heals the store and closes the clients; throws {@link Inconclusive} if the store could not be healed. */
    @Override
    public synchronized void close() {
        try {
            if (faults != null) {
                faults.heal();
            }
        } catch (InterruptedException interrupt) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the store was healed", interrupt);
        } finally {
            opened.forEach(Backend::close);
        }
    }
}
