package dev.holdfast.combine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.spi.OutcomeUnknownException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Commands begun without blocking, over a transport that can write a batch before it reads the replies of the one before. */
@Timeout(60)
class SendAheadTest {
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final Wire wire = new Wire();
    private final Combiner<String, String> combiner = new Combiner<>(1, 8, 100, wire, threads);

    @AfterEach
    void endThreads() throws InterruptedException {
        wire.gate.release(1_000);
        combiner.close();
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(20, TimeUnit.SECONDS));
    }

    /** Waits for a permit in each writing. */
    private static final class Wire implements Transport<String, String> {
        final List<String> log = Collections.synchronizedList(new ArrayList<>());
        final Semaphore writing = new Semaphore(0);
        final Semaphore gate = new Semaphore(0);
        private final List<Runnable> unread = new ArrayList<>();

        @Override
        public void send(int lane, List<String> commands, Replies<String> replies) {
            throw new AssertionError("a flusher writes ahead");
        }

        @Override
        public boolean sendAhead(int lane, List<String> commands, Replies<String> replies) {
            log.add("write " + commands);
            writing.release();
            gate.acquireUninterruptibly();
            if (commands.contains("broken")) {
                throw new IllegalStateException("connection reset");
            }
            collect(lane);
            unread.add(() -> {
                log.add("read " + commands);
                for (int i = 0; i < commands.size(); i++) {
                    replies.reply(i, commands.get(i) + "!");
                }
            });
            return true;
        }

        @Override
        public void collect(int lane) {
            unread.forEach(Runnable::run);
            unread.clear();
        }
    }

    private CompletableFuture<String> start(String command) {
        return combiner.call(command, 0).start().toCompletableFuture();
    }

    @Test
    void aBatch_isWrittenBeforeTheRepliesOfTheOneBeforeAreRead() throws Exception {
        CompletableFuture<String> a = start("a");
        assertTrue(wire.writing.tryAcquire(20, TimeUnit.SECONDS));
        CompletableFuture<String> b = start("b");
        CompletableFuture<String> c = start("c");
        wire.gate.release(2);
        assertEquals("a!", a.get(20, TimeUnit.SECONDS));
        assertEquals("b!", b.get(20, TimeUnit.SECONDS));
        assertEquals("c!", c.get(20, TimeUnit.SECONDS));
        assertEquals(List.of("write [a]", "write [b, c]", "read [a]", "read [b, c]"), wire.log);
    }

    @Test
    void aBatchThatBreaks_isTheErrorOfItsOwnAndNotOfTheOneBefore() throws Exception {
        CompletableFuture<String> a = start("a");
        assertTrue(wire.writing.tryAcquire(20, TimeUnit.SECONDS));
        CompletableFuture<String> broken = start("broken");
        wire.gate.release(2);
        assertEquals("a!", a.get(20, TimeUnit.SECONDS));
        assertInstanceOf(
                OutcomeUnknownException.class,
                assertThrows(CompletionException.class, broken::join).getCause());
        wire.gate.release();
        assertEquals("b!", start("b").get(20, TimeUnit.SECONDS));
    }
}
