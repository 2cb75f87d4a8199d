package dev.holdfast.lock;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.OutcomeUnknownException;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/**
 * What lies between one process and the server. The commands of one lane arrive in the order sent, as on a connection; when the
 * connection breaks, those in flight are lost or come late, after commands sent later on the next one. Replies are lost or delayed.
 * A client that hears nothing for {@code timeout} is told that the outcome is unknown; that a command was certainly not applied it is
 * told only when that is true.
 */
final class SimNetwork {
    /** Made once: most of the time of a simulation would else go into stack traces. */
    private final OutcomeUnknownException unknown = new OutcomeUnknownException("the reply was lost");

    private final BackendUnavailableException refused = new BackendUnavailableException("nobody listens");

    private final SimWorld world;
    private final SimProcess process;
    private final SimFaults faults;
    private final Map<Object, Lane> lanes = new HashMap<>();

    private static final class Lane {
        private long arrived;
        private long brokenUntil;
        private boolean late;
        private long lateBy;
    }

    SimNetwork(SimWorld world, SimProcess process, SimFaults faults) {
        this.world = world;
        this.process = process;
        this.faults = faults;
    }

    /** A command that {@code command} does at the server. */
    <T> Call<T> send(Object lane, Supplier<String> what, Supplier<T> command) {
        return Call.ofStage(() -> begin(lanes.computeIfAbsent(lane, any -> new Lane()), what, command));
    }

    private <T> CompletableFuture<T> begin(Lane lane, Supplier<String> what, Supplier<T> command) {
        CompletableFuture<T> reply = new CompletableFuture<>();
        if (faults.refuses()) {
            world.trace(() -> process + " cannot send " + what.get());
            world.in(delay(), process, () -> reply.completeExceptionally(refused));
            return reply;
        }
        world.trace(() -> process + " sends " + what.get());
        SimWorld.Event timeout = world.in(faults.timeout(), process, () -> reply.completeExceptionally(unknown));
        long now = world.now();
        if (now >= lane.brokenUntil && faults.breaksConnection()) {
            lane.brokenUntil = now + faults.timeout();
            lane.late = world.chance(0.6);
            lane.lateBy = world.skewed(faults.timeout() / 4, 3 * faults.timeout());
        }
        long arrival;
        if (now < lane.brokenUntil) {
            if (!lane.late) {
                return reply;
            }
            arrival = now + lane.lateBy;
        } else {
            arrival = Math.max(lane.arrived + 1, now + delay());
            lane.arrived = arrival;
        }
        world.in(arrival - now, null, () -> arrive(reply, timeout, what, command));
        return reply;
    }

    private <T> void arrive(
            CompletableFuture<T> reply, SimWorld.Event timeout, Supplier<String> what, Supplier<T> command) {
        if (faults.isDown()) {
            return;
        }
        T answer;
        try {
            answer = command.get();
        } catch (RuntimeException error) {
            world.in(delay(), process, () -> reply.completeExceptionally(error));
            return;
        }
        boolean lost = faults.losesReply();
        world.trace(() -> process + "'s " + what.get() + " -> " + answer + (lost ? " (reply lost)" : ""));
        if (!lost) {
            world.in(replyDelay(), process, () -> {
                timeout.cancel();
                reply.complete(answer);
            });
        } else if (world.chance(0.5)) {
            world.in(delay(), process, () -> reply.completeExceptionally(unknown));
        }
    }

    /** Something the server says unasked: late, twice, or never. */
    void signal(Runnable signal) {
        int copies = faults.losesSignal() ? 0 : faults.doublesSignal() ? 2 : 1;
        for (int i = 0; i < copies; i++) {
            world.in(replyDelay(), process, signal);
        }
    }

    private long delay() {
        return faults.tangles() ? world.between(0, faults.timeout() / 2) : world.skewed(50_000, faults.slowest());
    }

    private long replyDelay() {
        return faults.delaysReply() ? world.between(0, faults.timeout() + SimWorld.MILLI) : delay();
    }
}
