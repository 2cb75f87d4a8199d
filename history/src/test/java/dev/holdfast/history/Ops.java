package dev.holdfast.history;

import dev.holdfast.history.Operation.Kind;
import org.jspecify.annotations.Nullable;

/** Operations on one key, written short: what, when called, when returned. */
final class Ops {

    private Ops() {}

    static Operation get(@Nullable String value, long call, long ret) {
        return new Operation("c", "k", Kind.GET, null, value, Outcome.OK, call, ret);
    }

    static Operation put(@Nullable String value, long call, long ret) {
        return new Operation("c", "k", Kind.PUT, null, value, Outcome.OK, call, ret);
    }

    static Operation putIfAbsent(String value, long call, long ret) {
        return new Operation("c", "k", Kind.PUT_IF_ABSENT, null, value, Outcome.OK, call, ret);
    }

    static Operation compareAndSet(@Nullable String expected, @Nullable String value, long call, long ret) {
        return new Operation("c", "k", Kind.COMPARE_AND_SET, expected, value, Outcome.OK, call, ret);
    }

    static Operation delete(long call, long ret) {
        return new Operation("c", "k", Kind.DELETE, null, null, Outcome.OK, call, ret);
    }

    static Operation expire(@Nullable String ended, long call, long ret) {
        return new Operation("c", "k", Kind.EXPIRE, ended, null, Outcome.OK, call, ret);
    }

    static Operation refused(Operation operation) {
        return with(Outcome.REFUSED, operation);
    }

    static Operation failed(Operation operation) {
        return with(Outcome.FAILED, operation);
    }

    static Operation unknown(Operation operation) {
        return with(Outcome.UNKNOWN, operation);
    }

    static Operation with(Outcome outcome, Operation of) {
        return new Operation(of.client(), of.key(), of.kind(), of.expected(), of.value(), outcome, of.call(), of.ret());
    }

    static Operation at(long call, long ret, Operation of) {
        return new Operation(of.client(), of.key(), of.kind(), of.expected(), of.value(), of.outcome(), call, ret);
    }

    static Operation keyed(String key, Operation of) {
        return new Operation(of.client(), key, of.kind(), of.expected(), of.value(), of.outcome(), of.call(), of.ret());
    }

    static Operation valued(@Nullable String value, Operation of) {
        return new Operation(of.client(), of.key(), of.kind(), of.expected(), value, of.outcome(), of.call(), of.ret());
    }
}
