package dev.holdfast.history;

import dev.holdfast.history.Registers.Answer;
import dev.holdfast.history.Registers.Answer.Broken;
import java.nio.IntBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Searches for a linearization of any operations on one key: J. Wing and C. Gong, "Testing and Verifying Concurrent
 * Objects", Journal of Parallel and Distributed Computing 17, 1993, with the memory of G. Lowe, "Testing for
 * Linearizability", Concurrency and Computation 29(4), 2017, and the bit sets over a linked list of A. Horn and D. Kroening,
 * "Faster Linearizability Checking via P-Compositionality", FORTE 2015.
 *
 * <p>It keeps the calls and returns that are not yet explained in a list in the order of time. Any operation called before
 * the first return in the list may come next; when the first return is reached and none of them can, it takes back the
 * last choice. A configuration (what is explained, and the value that leaves) is tried once.
 *
 * <p>One shortcut is ours: a read or a refusal that may come next does so without being a choice, since whatever explains
 * the rest explains it from there too. (Not so a write of the value that is already there: it may be needed later.)
 */
final class Search {

    private static final int HEAD = 0;

    private final List<Operation> operations;
    private final int budget;
    /** Node 2i+1 is the call of operation i, node 2i+2 its return; one of unknown outcome has no return. */
    private final int[] next;

    private final int[] previous;
    private final BitSet explained = new BitSet();
    private final Deque<Choice> choices = new ArrayDeque<>();
    private final Map<@Nullable String, Integer> valueIds = new HashMap<>();
    /** Who wrote a value, or may have. */
    private final Map<@Nullable String, Integer> writers = new HashMap<>();

    private final Set<IntBuffer> tried = new HashSet<>();
    private @Nullable String value;
    private int open;
    private int deepest = -1;
    private Broken broken = new Broken("nothing was tried", List.of());

    /** An operation put next, the value it found, and whether it was put there {@linkplain #takeFree for free}. */
    private record Choice(int operation, @Nullable String found, boolean free) {}

    private Search(List<Operation> history, int budget) {
        this.budget = budget;
        this.operations = history.stream()
                .filter(operation -> operation.outcome() != Outcome.FAILED)
                .filter(operation -> operation.kind() != Operation.Kind.GET || operation.outcome() == Outcome.OK)
                .sorted(Comparator.comparingLong(Operation::call))
                .toList();
        this.next = new int[2 * operations.size() + 1];
        this.previous = new int[next.length];
        List<Integer> nodes = new ArrayList<>();
        for (int i = 0; i < operations.size(); i++) {
            nodes.add(callOf(i));
            if (operations.get(i).mayHaveWritten()) {
                writers.put(operations.get(i).value(), i);
            }
            if (hasReturned(i)) {
                nodes.add(returnOf(i));
                open++;
            }
        }
        // At one moment calls come before returns: operations that touch are concurrent.
        nodes.sort(Comparator.comparingLong(this::moment).thenComparing(Search::isReturn));
        int last = HEAD;
        for (int node : nodes) {
            link(last, node);
            last = node;
        }
        link(last, HEAD);
    }

    static Answer check(List<Operation> operations, int budget) {
        return new Search(operations, budget).run();
    }

    private Answer run() {
        int node = takeFree();
        while (open > 0) {
            if (!isReturn(node)) {
                node = choose(operationOf(node)) ? takeFree() : next[node];
            } else {
                explainBlock(operationOf(node));
                node = takeBack();
                if (node == HEAD) {
                    return broken;
                }
            }
            if (tried.size() > budget) {
                return new Answer.Undecided("no answer within " + budget + " configurations of " + operations.size()
                        + " operations, of which " + (operations.size() - returned()) + " have an unknown outcome");
            }
        }
        return new Answer.Linearizable();
    }

    /** Puts next every operation that can come next and only reads; returns the first node left. */
    private int takeFree() {
        int node = next[HEAD];
        while (node != HEAD && !isReturn(node)) {
            int i = operationOf(node);
            int before = previous[node];
            if (isReading(i) && isPossible(i)) {
                put(i, true);
                // Not next[node]: that may be the operation's own return, which has left the list too.
                node = next[before];
            } else {
                node = next[node];
            }
        }
        return next[HEAD];
    }

    /** Puts operation i next if it can come next and that leads to a configuration not yet tried. */
    private boolean choose(int i) {
        if (!isPossible(i) || (!hasReturned(i) && Objects.equals(valueAfter(i), value))) {
            return false;
        }
        put(i, false);
        if (tried.add(configuration())) {
            return true;
        }
        takeBack();
        return false;
    }

    private void put(int i, boolean free) {
        choices.push(new Choice(i, value, free));
        value = valueAfter(i);
        explained.set(i);
        unlink(callOf(i));
        if (hasReturned(i)) {
            unlink(returnOf(i));
            open--;
        }
    }

    /** Takes back the last choice and what came for free after it; returns the node to go on with, or HEAD if none is left. */
    private int takeBack() {
        while (!choices.isEmpty()) {
            Choice choice = choices.pop();
            int i = choice.operation;
            value = choice.found;
            explained.clear(i);
            if (hasReturned(i)) {
                relink(returnOf(i));
                open++;
            }
            relink(callOf(i));
            if (!choice.free) {
                return next[callOf(i)];
            }
        }
        return HEAD;
    }

    /** The value, and what is explained: all operations up to some length but for a few. Compares by content. */
    private IntBuffer configuration() {
        int length = explained.length();
        IntStream.Builder numbers = IntStream.builder()
                .add(valueIds.computeIfAbsent(value, any -> valueIds.size()))
                .add(length);
        for (int i = explained.nextClearBit(0); i < length; i = explained.nextClearBit(i + 1)) {
            numbers.add(i);
        }
        return IntBuffer.wrap(numbers.build().toArray());
    }

    private boolean isPossible(int i) {
        Operation operation = operations.get(i);
        boolean holds =
                switch (operation.kind()) {
                    case GET -> Objects.equals(value, operation.value());
                    case PUT -> true;
                    case PUT_IF_ABSENT -> value == null;
                    case COMPARE_AND_SET -> Objects.equals(value, operation.expected());
                    case DELETE -> value != null;
                    case EXPIRE -> mayEnd(operation.expected());
                };
        return holds != (operation.outcome() == Outcome.REFUSED);
    }

    /** Whether the value was there already, or nobody wrote it. */
    private boolean isOver(@Nullable String once) {
        Integer writer = writers.get(once);
        return writer == null || explained.get(writer);
    }

    /** Whether the value's time can be over now; of one that may never have been written, always. */
    private boolean mayEnd(@Nullable String once) {
        return isOver(once) || !hasReturned(Objects.requireNonNull(writers.get(once)));
    }

    private boolean isReading(int i) {
        return operations.get(i).kind() == Operation.Kind.GET
                || operations.get(i).outcome() == Outcome.REFUSED
                || (endsNothing(operations.get(i)) && isOver(operations.get(i).expected()));
    }

    /** A value is written once, so what is to end it never changes anything once another has come. */
    private boolean endsNothing(Operation operation) {
        return operation.kind() == Operation.Kind.EXPIRE && !Objects.equals(operation.expected(), value);
    }

    private @Nullable String valueAfter(int i) {
        Operation operation = operations.get(i);
        return operation.mayHaveWritten() && !endsNothing(operation) ? operation.value() : value;
    }

    /** Remembers the operation that could not be explained on the way that explained most before it. */
    private void explainBlock(int i) {
        if (choices.size() <= deepest) {
            return;
        }
        deepest = choices.size();
        Operation blocked = operations.get(i);
        List<Operation> culprits = new ArrayList<>();
        choices.stream()
                .filter(choice -> !choice.free)
                .limit(1)
                .forEach(choice -> culprits.add(operations.get(choice.operation)));
        culprits.add(blocked);
        broken = new Broken(
                "no order explains why " + blocked.kind() + " was " + blocked.outcome() + ": at best " + deepest
                        + " operations can come before it, which leave " + (value == null ? "absence" : value),
                culprits);
    }

    private long returned() {
        return operations.stream()
                .filter(operation -> operation.outcome() != Outcome.UNKNOWN)
                .count();
    }

    private boolean hasReturned(int i) {
        return operations.get(i).outcome() != Outcome.UNKNOWN;
    }

    private static int callOf(int i) {
        return 2 * i + 1;
    }

    private static int returnOf(int i) {
        return 2 * i + 2;
    }

    private static int operationOf(int node) {
        return (node - 1) / 2;
    }

    private static boolean isReturn(int node) {
        return node % 2 == 0;
    }

    private long moment(int node) {
        Operation operation = operations.get(operationOf(node));
        return isReturn(node) ? operation.ret() : operation.call();
    }

    private void link(int left, int right) {
        next[left] = right;
        previous[right] = left;
    }

    private void unlink(int node) {
        link(previous[node], next[node]);
    }

    private void relink(int node) {
        next[previous[node]] = node;
        previous[next[node]] = node;
    }
}
