package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.backend.Backends;
import dev.holdfast.backend.Stores;
import dev.holdfast.history.Checks;
import dev.holdfast.history.JsonLines;
import dev.holdfast.spi.Call;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A soak finds nothing at a right store, counts by kind what it finds at wrong ones, and keeps the history. */
class SoakTest {
    private static final int RATE = 2_000;

    @TempDir
    private Path folder;

    private final List<String> heard = new CopyOnWriteArrayList<>();

    @Test
    void aRightStore_isPassed() throws Exception {
        SoakTally tally = soak(subject(new StrangerBackend.MapStore()));
        assertEquals(Verdict.PASS, tally.verdict(), tally::toString);
        assertEquals(Map.of(), tally.violations());
        assertTrue(tally.operations() > 200, tally::toString);
    }

    @Test
    void staleReads_areCountedAndKeptToBeJudgedAgain() throws Exception {
        SoakTally tally = soak(subject(WrongBackendsTest.staleReads(new StrangerBackend.MapStore())));
        assertEquals(Verdict.FAIL, tally.verdict());
        assertEquals(Set.of("LINEARIZABLE"), tally.violations().keySet(), tally::toString);
        assertTrue(keptHistories().allMatch(file -> !isLinearizable(file)), "judged again");
    }

    /** Durable, it says, and forgets when killed: not what anything it declares allows. */
    @Test
    void aStoreThatForgets_isFailedOnceItsFaultHappened() throws Exception {
        FragileStore store = new FragileStore(FragileStore.Mistake.FORGETS_WHEN_KILLED) {
            @Override
            public Set<Kind> kinds() {
                return Set.of(Kind.KILL);
            }
        };
        SoakTally tally = soak(subject(store).withFaults(store));
        assertEquals(Map.of(Faults.Kind.KILL, 1L), tally.faults());
        assertEquals(Verdict.FAIL, tally.verdict(), tally::toString);
        assertTrue(tally.violations().containsKey("LINEARIZABLE"), tally::toString);
    }

    @Test
    void aSoakWithoutOneFaultOfAKindThatWasTried_provesNothing() throws Exception {
        SoakTally tally = soak(subject(new StrangerBackend.MapStore()).withFaults(new Faults() {
            @Override
            public Set<Kind> kinds() {
                return Set.of(Kind.KILL);
            }

            @Override
            public void kill() {}

            @Override
            public void heal() {}
        }));
        assertEquals(Map.of(), tally.faults());
        assertEquals(Verdict.INCONCLUSIVE, tally.verdict(), tally::toString);
    }

    @Test
    void aStoreThatIsNotHealed_endsTheSoak_withWhatWasCounted() throws Exception {
        FragileStore store = new FragileStore(FragileStore.Mistake.NONE) {
            @Override
            public Set<Kind> kinds() {
                return Set.of(Kind.RESTART);
            }

            @Override
            public synchronized void heal() {
                throw new IllegalStateException("no agreement");
            }
        };
        SoakTally tally = soak(subject(store).withFaults(store));
        assertEquals(Map.of(Faults.Kind.RESTART, 1L), tally.faults());
        assertEquals(Verdict.INCONCLUSIVE, tally.verdict(), tally::toString);
    }

    @Test
    void aClientThatHangs_isNoProgress_andTheRestIsJudged() throws Exception {
        AtomicInteger writes = new AtomicInteger();
        SoakTally tally = soak(
                subject(new ForwardingStateStore(new StrangerBackend.MapStore()) {
                    @Override
                    public Call<Boolean> write(Space space, Mutation mutation) {
                        return writes.incrementAndGet() == 300
                                ? Call.ofStage(CompletableFuture::new)
                                : super.write(space, mutation);
                    }
                }),
                folder,
                Duration.ofSeconds(2));
        assertEquals(Map.of("NO_PROGRESS", 1L), tally.violations(), tally::toString);
        assertTrue(tally.operations() > 200, tally::toString);
    }

    @Test
    void aHistoryThatCannotBeSaved_isNamed_andTheSoakGoesOn() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        SoakTally tally = soak(
                subject(WrongBackendsTest.staleReads(new StrangerBackend.MapStore())), file, Duration.ofSeconds(10));
        assertEquals(Set.of("LINEARIZABLE"), tally.violations().keySet(), tally::toString);
        assertTrue(heard.stream().anyMatch(line -> line.contains("round-1.jsonl could not be saved")), heard::toString);
    }

    private SoakTally soak(TckSubject subject) throws Exception {
        return soak(subject, folder, Duration.ofSeconds(10));
    }

    private SoakTally soak(TckSubject subject, Path histories, Duration patience) throws Exception {
        Duration short300 = Duration.ofMillis(300);
        return new Soak(subject, 1, RATE, histories, heard::add, short300, short300, patience).run(Duration.ZERO);
    }

    private static TckSubject subject(StateStore store) {
        return TckSubject.of("a map", namespace -> Backends.over("map", Stores.of(store))
                .namespace(namespace)
                .open());
    }

    private Stream<Path> keptHistories() throws IOException {
        List<Path> kept;
        try (Stream<Path> files = Files.list(folder)) {
            kept = files.toList();
        }
        assertEquals(1, kept.size(), kept::toString);
        return kept.stream();
    }

    private static boolean isLinearizable(Path file) {
        try {
            return Checks.linearizable(JsonLines.load(file)).isOk();
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }
}
