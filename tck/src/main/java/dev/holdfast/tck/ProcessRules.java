package dev.holdfast.tck;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.holdfast.lock.LockGuard;
import dev.holdfast.spi.Capability;
import dev.holdfast.state.FencedScope;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Chapter P, the part that needs no help: another process holds a lock, and is really killed or frozen. */
@Requires(Capability.CROSS_PROCESS)
abstract class ProcessRules extends LockChapter {

    @Test
    void P40_a_lock_is_exclusive_between_processes() throws Exception {
        try (Neighbour neighbour = neighbour()) {
            long fence = lock(neighbour);
            assertRefused(locks(), "another process holds it");
            assertEquals("ok", neighbour.ask("write theirs"));
            neighbour.leave(true);
            LockGuard ours = takeEventually(locks(), NAME);
            assertTrue(ours.fence().value() > fence, () -> ours.fence() + " after " + fence);
            ours.release();
        }
    }

    @Test
    void P41_a_killed_holders_lock_becomes_free() throws Exception {
        try (Neighbour neighbour = neighbour()) {
            lock(neighbour);
            neighbour.kill();
            takeEventually(locks(), NAME).release();
        }
    }

    @Test
    void P42_a_holder_that_ends_without_a_word_leaves_nothing_behind() throws Exception {
        try (Neighbour neighbour = neighbour()) {
            lock(neighbour);
            neighbour.leave(false);
            takeEventually(locks(), NAME).release();
        }
    }

    @Test
    void P43_a_frozen_holder_wakes_up_without_its_lock_and_cannot_write() throws Exception {
        try (Neighbour neighbour = neighbour()) {
            long fence = lock(neighbour);
            assertEquals("ok", neighbour.ask("write theirs"));
            neighbour.freeze();
            LockGuard ours = takeEventually(locks(), NAME);
            assertTrue(ours.fence().value() > fence, () -> ours.fence() + " after " + fence);
            FencedScope scope = state().scope("orders").fencedBy(ours);
            scope.put(key("a"), bytes("ours"));
            neighbour.thaw();
            assertEquals("fenced", answered(neighbour, "write stale"));
            assertEquals("LOST", neighbour.ask("state"));
            assertArrayEquals(
                    bytes("ours"), state().scope("orders").get(key("a")).orElseThrow());
            ours.release();
        }
    }

    @Test
    void P44_a_living_holder_keeps_its_lock_beyond_its_first_lease() throws Exception {
        try (Neighbour neighbour = neighbour()) {
            lock(neighbour);
            pass(lease().multipliedBy(2));
            assertRefused(locks(), "another process holds and renews it");
            assertEquals("HELD", neighbour.ask("state"));
        }
    }

    /** The answer to a write that may first meet connections which ended while the process stood still. */
    private String answered(Neighbour neighbour, String order) {
        List<String> answers = new ArrayList<>();
        eventually("an answer to " + order, () -> {
            try {
                answers.add(neighbour.ask(order));
            } catch (IOException | InterruptedException ended) {
                throw new AssertionError(ended);
            }
            return !answers.get(answers.size() - 1).startsWith("error");
        });
        return answers.get(answers.size() - 1);
    }

    private Neighbour neighbour() throws Exception {
        String uri = setting().subject().uri().orElseThrow(() -> new NotRun("the subject is not opened by a URL"));
        return Neighbour.start(uri, setting().namespace());
    }

    private long lock(Neighbour neighbour) throws Exception {
        return Long.parseLong(neighbour.ask("lock " + NAME + " " + lease().toMillis()));
    }
}
