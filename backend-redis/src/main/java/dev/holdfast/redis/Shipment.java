package dev.holdfast.redis;

import dev.holdfast.spi.BackendUnavailableException;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Outcome;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.exceptions.JedisDataException;

/**
 * Many commands of one caller, grouped by server, each group in parcels that follow each other on one lane: while the server works on one,
 * the next is made. Answers what became of each command, in their order.
 */
final class Shipment implements Call<List<Outcome<@Nullable Object>>> {
    /** A parcel is sent when it has so many commands or bytes: enough to pay for a write, few enough for the server to begin early. */
    private static final int PARCEL_COMMANDS = 512;

    private static final int PARCEL_BYTES = 48 << 10;

    private final Redis redis;
    private final Iterator<Command> commands;
    private final @Nullable Node pinned;
    private final List<Part> parts = new ArrayList<>();
    private int count;

    /**
     * @param commands made one by one while those before are on their way
     * @param pinned the only server that will do, or null for those that have the keys
     */
    Shipment(Redis redis, Iterator<Command> commands, @Nullable Node pinned) {
        this.redis = redis;
        this.commands = commands;
        this.pinned = pinned;
    }

    /** Commands that go to one server together, and where they stand in the whole. */
    private final class Part {
        final @Nullable Node node;
        final List<Command> content = new ArrayList<>();
        final int affinity;
        int[] indexes = new int[16];
        private int bytes;
        private CompletionStage<Parcel> sent = new CompletableFuture<>();

        /** @param before the part before it to the same server, whose lane it shares */
        Part(@Nullable Node node, @Nullable Part before, Command first) {
            this.node = node;
            this.affinity = before == null ? first.affinity() : before.affinity;
            parts.add(this);
        }

        boolean isFull() {
            return content.size() >= PARCEL_COMMANDS || bytes >= PARCEL_BYTES;
        }

        void add(int index, Command command) {
            int at = content.size();
            if (at == indexes.length) {
                indexes = Arrays.copyOf(indexes, 2 * at);
            }
            indexes[at] = index;
            content.add(command);
            bytes += command.size();
        }

        Call<Parcel> call() {
            return node == null
                    ? Call.failed(new BackendUnavailableException("no primary is known that has these keys"))
                    : node.send(new Parcel(content, false, redis.time().nanos() + redis.commandNanos()), affinity);
        }

        void start() {
            sent = call().start();
        }

        /** What follows on the same lane reads the replies. */
        void startLazily() {
            sent = call().startLazily();
        }

        void await() {
            Outcome<Parcel> own = Outcome.of(() -> call().await());
            RuntimeException error = own.error();
            sent = error == null ? CompletableFuture.completedFuture(own.get()) : CompletableFuture.failedFuture(error);
        }

        Outcome<Parcel> outcome() {
            return Outcome.of(() -> Call.ofStage(() -> sent).await());
        }
    }

    @Override
    public List<Outcome<@Nullable Object>> await() {
        List<Part> last = pack(true);
        for (int i = 0; i < last.size(); i++) {
            // The caller's own thread does the last one: its work needs no other thread to be woken.
            if (i < last.size() - 1) {
                last.get(i).start();
            } else {
                last.get(i).await();
            }
        }
        return settle().await();
    }

    @Override
    public CompletionStage<List<Outcome<@Nullable Object>>> start() {
        try {
            pack(false).forEach(Part::start);
        } catch (RuntimeException error) {
            return CompletableFuture.failedFuture(error);
        }
        CompletableFuture<?>[] ended =
                parts.stream().map(part -> part.sent.toCompletableFuture()).toArray(CompletableFuture[]::new);
        return CompletableFuture.allOf(ended).handle((all, error) -> settle()).thenCompose(Call::start);
    }

    /** Makes the commands, sends each part that is full, and answers the rest: one part for each server. */
    private List<Part> pack(boolean lazily) {
        redis.used();
        Map<@Nullable Node, Part> filling = new LinkedHashMap<>();
        while (commands.hasNext()) {
            Command command = commands.next();
            Node node = pinned != null ? pinned : redis.topology().node(command);
            Part part = filling.get(node);
            if (part == null || part.isFull()) {
                if (part != null && lazily) {
                    part.startLazily();
                } else if (part != null) {
                    part.start();
                }
                part = new Part(node, part, command);
                filling.put(node, part);
            }
            part.add(count++, command);
        }
        return List.copyOf(filling.values());
    }

    /** Keeps what was answered; what was certainly not executed, or may be executed twice, goes its own way from here. */
    private Call<List<Outcome<@Nullable Object>>> settle() {
        @Nullable Outcome<@Nullable Object>[] outcomes = newArray(count);
        List<Integer> again = new ArrayList<>();
        List<Call<@Nullable Object>> calls = new ArrayList<>();
        for (Part part : parts) {
            Outcome<Parcel> sent = part.outcome();
            for (int i = 0; i < part.content.size(); i++) {
                int index = part.indexes[i];
                Command command = part.content.get(i);
                Object outcome = sent.isError() ? sent.error() : sent.get().outcome(i);
                if (!(outcome instanceof RuntimeException error)) {
                    outcomes[index] = answered(outcome);
                } else if (isFinal(command, error)) {
                    outcomes[index] = Outcome.error(
                            error instanceof JedisDataException refused ? Delivery.rejected(refused) : error);
                } else {
                    again.add(index);
                    calls.add(new Delivery(redis, command, pinned));
                }
            }
        }
        if (again.isEmpty()) {
            return Call.done(listed(outcomes));
        }
        redis.suspect();
        return Call.outcomes(calls).map(repeated -> {
            for (int i = 0; i < again.size(); i++) {
                outcomes[again.get(i)] = repeated.get(i);
            }
            return listed(outcomes);
        });
    }

    private static boolean isFinal(Command command, RuntimeException error) {
        if (error instanceof JedisDataException refused) {
            return Refusal.of(refused) == Refusal.FINAL;
        }
        // An unknown write may be repeated too, if its command says so: it is as unknown then as before.
        return !(error instanceof BackendUnavailableException) && !command.isRepeatable();
    }

    @SuppressWarnings("NullAway") // it does not see that an outcome may be null
    private static Outcome<@Nullable Object> answered(@Nullable Object reply) {
        return Outcome.value(reply);
    }

    @SuppressWarnings({"unchecked", "rawtypes"}) // an array of a generic type cannot be made otherwise
    private static @Nullable Outcome<@Nullable Object>[] newArray(int size) {
        return new Outcome[size];
    }

    private static List<Outcome<@Nullable Object>> listed(@Nullable Outcome<@Nullable Object>[] outcomes) {
        List<Outcome<@Nullable Object>> list = new ArrayList<>(outcomes.length);
        for (Outcome<@Nullable Object> outcome : outcomes) {
            if (outcome == null) {
                throw new AssertionError("a command without an outcome");
            }
            list.add(outcome);
        }
        return list;
    }
}
