package dev.holdfast.tck;

import dev.holdfast.backend.BackendProvider;
import dev.holdfast.backend.BackendUri;
import dev.holdfast.backend.Stores;
import dev.holdfast.config.Settings;
import dev.holdfast.spi.Call;
import dev.holdfast.spi.Capability;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * A store that processes share: a map in a file, read and written whole by each command, under a lock on the file. The URL names a mistake
 * and the file: {@code files:NONE/tmp/x}.
 */
public final class FileBackend implements BackendProvider {

    /** Each is one mistake. */
    enum Mistake {
        NONE,
        KEPT_BY_EACH_PROCESS,
        VERSIONS_CHANGE_BY_THEMSELVES,
        CACHED_AND_NOT_COMPARED,
        LOCKS_END_WHEN_NOBODY_WRITES
    }

    private static final Map<String, StateStore> STORES = new ConcurrentHashMap<>();

    @Override
    public Set<String> schemes() {
        return Set.of("files");
    }

    @Override
    public Stores open(BackendUri uri, Settings settings, Time time) {
        return Stores.of(STORES.computeIfAbsent(uri.path(), path -> {
            int end = path.indexOf('/');
            return new FileStore(Path.of(path.substring(end)), Mistake.valueOf(path.substring(0, end)));
        }));
    }

    private static final class FileStore implements StateStore {
        private static final long FORGOTTEN_MILLIS = 400;

        private final Path file;
        private final Mistake mistake;
        private final StrangerBackend.MapStore own = new StrangerBackend.MapStore();
        private final Map<Key, Stored> cache = new ConcurrentHashMap<>();

        FileStore(Path file, Mistake mistake) {
            this.file = file;
            this.mistake = mistake;
        }

        @Override
        public Set<Capability> capabilities() {
            return Set.of(Capability.CROSS_PROCESS);
        }

        @Override
        public Call<Stored> read(Space space, Key key) {
            return Call.of(() -> {
                boolean internal = space.kind() == Space.Kind.INTERNAL;
                if (internal && mistake == Mistake.LOCKS_END_WHEN_NOBODY_WRITES && isOld()) {
                    return null;
                }
                Stored cached = cache.get(space.encode(key));
                if (internal && mistake == Mistake.CACHED_AND_NOT_COMPARED && cached != null) {
                    return cached.copy();
                }
                Stored read = with(map -> map.read(space, key).await());
                if (internal && read != null) {
                    cache.put(space.encode(key), read.copy());
                }
                return internal && read != null && mistake == Mistake.VERSIONS_CHANGE_BY_THEMSELVES
                        ? new Stored(read.bytes(), read.encoding(), Version.fresh())
                        : read;
            });
        }

        @Override
        public Call<Boolean> write(Space space, Mutation mutation) {
            return Call.of(() -> {
                boolean renewal = mutation.condition() != Condition.ANY && mutation.condition() != Condition.ABSENT;
                if (mistake == Mistake.LOCKS_END_WHEN_NOBODY_WRITES && renewal) {
                    return true;
                }
                boolean overOld = mistake == Mistake.LOCKS_END_WHEN_NOBODY_WRITES && isOld();
                Mutation written = overOld || mistake == Mistake.CACHED_AND_NOT_COMPARED
                        ? WrongStores.unconditional(mutation)
                        : mutation;
                boolean done = with(map -> map.write(space, written).await());
                if (done && mutation.kind() == Mutation.Kind.PUT) {
                    cache.put(space.encode(mutation.key()), mutation.stored().copy());
                }
                return done;
            });
        }

        @Override
        public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
            return Call.of(() -> with(map -> map.scan(space, request).await()));
        }

        private boolean isOld() {
            try {
                return Files.exists(file)
                        && System.currentTimeMillis()
                                        - Files.getLastModifiedTime(file).to(TimeUnit.MILLISECONDS)
                                > FORGOTTEN_MILLIS;
            } catch (IOException unreadable) {
                throw new UncheckedIOException(unreadable);
            }
        }

        private <T> T with(Function<StrangerBackend.MapStore, T> command) {
            if (mistake == Mistake.KEPT_BY_EACH_PROCESS) {
                return command.apply(own);
            }
            // A lock on a file is its process's, so threads must exclude each other first.
            synchronized (FileStore.class) {
                try (FileChannel channel = FileChannel.open(
                                file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
                        FileLock lock = channel.lock()) {
                    StrangerBackend.MapStore map = new StrangerBackend.MapStore();
                    byte[] before = Channels.newInputStream(channel).readAllBytes();
                    fill(map, before);
                    T answer = command.apply(map);
                    byte[] after = bytes(map);
                    if (lock.isValid() && !Arrays.equals(before, after)) {
                        channel.truncate(0);
                        channel.write(ByteBuffer.wrap(after), 0);
                    }
                    return answer;
                } catch (IOException broken) {
                    throw new UncheckedIOException(broken);
                }
            }
        }

        private static void fill(StrangerBackend.MapStore map, byte[] file) throws IOException {
            DataInputStream in = new DataInputStream(new ByteArrayInputStream(file));
            while (in.available() > 0) {
                byte[] key = in.readNBytes(in.readInt());
                map.map.put(Key.of(key), in.readNBytes(in.readInt()));
            }
        }

        private static byte[] bytes(StrangerBackend.MapStore map) throws IOException {
            ByteArrayOutputStream file = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(file);
            for (Map.Entry<Key, byte[]> entry : map.map.entrySet()) {
                out.writeInt(entry.getKey().length());
                out.write(entry.getKey().toBytes());
                out.writeInt(entry.getValue().length);
                out.write(entry.getValue());
            }
            return file.toByteArray();
        }
    }
}
