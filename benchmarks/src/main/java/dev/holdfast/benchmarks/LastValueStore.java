package dev.holdfast.benchmarks;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Limits;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A store that keeps the last value written, whatever its key, and copies nothing: what is left is what a layer costs. */
final class LastValueStore implements StateStore {
    private static final Call<Boolean> DONE = Call.done(true);

    private @Nullable Stored last;

    @Override
    public Set<Capability> capabilities() {
        return Set.of();
    }

    @Override
    public Limits limits() {
        return Limits.builder().maxValueBytes(64 << 20).build();
    }

    @Override
    @SuppressWarnings("NullAway") // it does not see that an answer may be null
    public Call<@Nullable Stored> read(Space space, Key key) {
        return Call.done(last);
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        last = mutation.stored();
        return DONE;
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        return Call.done(new Page<>(List.of(), null));
    }

    /** How long the last value is as it is stored. */
    int storedBytes() {
        return last == null ? 0 : last.bytes().length;
    }
}
