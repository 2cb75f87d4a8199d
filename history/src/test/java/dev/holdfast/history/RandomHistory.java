package dev.holdfast.history;

import dev.holdfast.history.Operation.Kind;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/** Histories of a simulated register: each operation takes effect at a random moment between its call and its return. */
final class RandomHistory {

    private final SplittableRandom random;
    private final List<Kind> kinds;
    private final boolean uniqueValues;
    private final double unknown;
    private final Set<String> ended = new HashSet<>();
    private int values;

    RandomHistory(long seed, List<Kind> kinds, boolean uniqueValues, double unknown) {
        this.random = new SplittableRandom(seed);
        this.kinds = kinds;
        this.uniqueValues = uniqueValues;
        this.unknown = unknown;
    }

    private record Planned(int client, Kind kind, boolean unknown, long call, long effect, long ret) {}

    /** A history that a correct register produced. */
    List<Operation> correct(int clients, int operationsPerClient) {
        List<Planned> plan = new ArrayList<>();
        for (int client = 0; client < clients; client++) {
            long now = random.nextInt(8);
            for (int i = 0; i < operationsPerClient; i++) {
                long effect = now + random.nextInt(6);
                long ret = effect + random.nextInt(6);
                boolean lost = random.nextDouble() < unknown;
                Kind kind = kinds.get(random.nextInt(kinds.size()));
                plan.add(new Planned(client, kind, lost, now, lost ? effect + random.nextInt(30) : effect, ret));
                now = ret + random.nextInt(5);
            }
        }
        plan.sort(Comparator.comparingLong(Planned::effect));
        List<String> written = new ArrayList<>();
        String value = null;
        List<Operation> history = new ArrayList<>();
        for (Planned planned : plan) {
            Operation operation = operation(planned, value, written);
            boolean never = planned.unknown && random.nextBoolean();
            if (operation.kind() == Kind.EXPIRE) {
                value = !never && operation.expected().equals(value) ? null : value;
            } else if (!never && operation.mayHaveWritten() && holds(operation, value)) {
                value = operation.value();
                if (value != null) {
                    written.add(value);
                }
            }
            history.add(operation);
        }
        history.sort(Comparator.comparingLong(Operation::call));
        return history;
    }

    private Operation operation(Planned planned, @Nullable String found, List<String> written) {
        Kind kind = planned.kind;
        String expected = null;
        if (kind == Kind.EXPIRE) {
            written.removeAll(ended);
            kind = written.isEmpty() ? Kind.GET : kind;
            expected = written.isEmpty() ? null : written.get(random.nextInt(written.size()));
            ended.add(expected);
        } else if (kind == Kind.COMPARE_AND_SET) {
            boolean guess = found == null || random.nextInt(4) == 0;
            expected = guess && !written.isEmpty() ? written.get(random.nextInt(written.size())) : found;
        }
        String value =
                switch (kind) {
                    case GET -> found;
                    case DELETE, EXPIRE -> null;
                    default -> uniqueValues ? "v" + values++ : "v" + random.nextInt(3);
                };
        Operation asked = new Operation(
                "c" + planned.client, "k", kind, expected, value, Outcome.UNKNOWN, planned.call, planned.ret);
        if (planned.unknown) {
            return asked;
        }
        return Ops.with(holds(asked, found) ? Outcome.OK : Outcome.REFUSED, asked);
    }

    private static boolean holds(Operation operation, @Nullable String value) {
        return switch (operation.kind()) {
            case GET, PUT, EXPIRE -> true;
            case PUT_IF_ABSENT -> value == null;
            case COMPARE_AND_SET -> Objects.equals(operation.expected(), value);
            case DELETE -> value != null;
        };
    }

    /** The history with one thing changed that a wrong backend might get wrong. The result may still be linearizable. */
    List<Operation> mutated(List<Operation> history) {
        List<Operation> mutated = new ArrayList<>(history);
        int i = random.nextInt(mutated.size());
        Operation victim = mutated.get(i);
        switch (random.nextInt(4)) {
            case 0 -> mutated.remove(i);
            case 1 -> mutated.set(i, Ops.at(victim.call() + 40, victim.ret() + 40, victim));
            case 2 -> {
                if (victim.kind() == Kind.GET) {
                    Operation other = mutated.get(random.nextInt(mutated.size()));
                    mutated.set(i, Ops.valued(other.value(), victim));
                } else if (victim.kind() != Kind.PUT
                        && victim.kind() != Kind.EXPIRE
                        && victim.outcome() != Outcome.UNKNOWN) {
                    mutated.set(i, Ops.with(victim.outcome() == Outcome.OK ? Outcome.REFUSED : Outcome.OK, victim));
                }
            }
            default -> mutated.set(i, Ops.at(victim.call() / 2, Math.max(victim.call() / 2, victim.ret() / 2), victim));
        }
        return mutated;
    }
}
