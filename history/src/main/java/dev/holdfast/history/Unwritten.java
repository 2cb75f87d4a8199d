package dev.holdfast.history;

import dev.holdfast.history.Registers.Answer.Broken;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;

/** A value that was seen although nobody wrote it. */
final class Unwritten {

    private Unwritten() {}

    static Broken seen(Operation seen, List<Operation> operations) {
        String value = seen.kind() == Operation.Kind.GET ? seen.value() : seen.expected();
        List<Operation> failed = operations.stream()
                .filter(operation -> operation.kind() != Operation.Kind.GET)
                .filter(operation -> Objects.equals(operation.value(), value))
                .filter(operation -> operation.outcome() == Outcome.FAILED || operation.outcome() == Outcome.REFUSED)
                .toList();
        String why = failed.isEmpty()
                ? value + " was seen, which nobody wrote"
                : value + " was seen, though its write was reported as not done";
        return new Broken(why, Stream.concat(failed.stream(), Stream.of(seen)).toList());
    }
}
