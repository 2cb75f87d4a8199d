package dev.holdfast.lock;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** One process's way to a {@link KeyStore}. */
final class SimKeyStore implements StateStore {
    private final SimNetwork network;
    private final KeyStore server;

    SimKeyStore(SimNetwork network, KeyStore server) {
        this.network = network;
        this.server = server;
    }

    @Override
    public Set<Capability> capabilities() {
        return server.capabilities();
    }

    @Override
    public Call<@Nullable Stored> read(Space space, Key key) {
        return network.send(new Object(), () -> "read " + key, () -> server.readNow(space, key));
    }

    @Override
    public Call<Boolean> write(Space space, Mutation mutation) {
        return network.send(new Object(), () -> "write " + mutation, () -> server.writeNow(space, mutation));
    }

    @Override
    public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
        throw new UnsupportedOperationException("the simulation scans nothing");
    }
}
