package dev.holdfast.tck;

import dev.holdfast.spi.Call;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Outcome;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Condition;
import dev.holdfast.state.ForwardingStateStore;
import dev.holdfast.state.KeyedValue;
import dev.holdfast.state.Mutation;
import dev.holdfast.state.Page;
import dev.holdfast.state.ScanRequest;
import dev.holdfast.state.Space;
import dev.holdfast.state.StateStore;
import dev.holdfast.state.Stored;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.UnaryOperator;

/** Ways to get a store wrong, each a small change of a right one; most were a bug of some real store. */
final class WrongStores {
    private WrongStores() {}

    /** A store whose every read passes through a change. */
    static StateStore reading(StateStore right, UnaryOperator<Stored> change) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Stored> read(Space space, Key key) {
                return super.read(space, key)
                        .map(stored -> space.kind() == Space.Kind.ROOT ? change.apply(stored) : stored);
            }

            @Override
            public Call<List<Stored>> readAll(Space space, List<Key> keys) {
                return Call.all(keys.stream().map(key -> read(space, key)).toList());
            }
        };
    }

    /** A store whose every write to the root passes through a change. */
    static StateStore writing(StateStore right, UnaryOperator<Mutation> change) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return super.write(space, space.kind() == Space.Kind.ROOT ? change.apply(mutation) : mutation);
            }

            @Override
            public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
                return Call.outcomes(
                        mutations.stream().map(one -> write(space, one)).toList());
            }
        };
    }

    /** A store that takes one key for another. */
    static StateStore keys(StateStore right, UnaryOperator<byte[]> change) {
        Function<Key, Key> other = key -> Key.of(change.apply(key.toBytes()));
        return new ForwardingStateStore(right) {
            @Override
            public Call<Stored> read(Space space, Key key) {
                return super.read(space, other.apply(key));
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                Key key = other.apply(mutation.key());
                return super.write(
                        space,
                        switch (mutation.kind()) {
                            case PUT ->
                                Mutation.put(key, mutation.condition(), mutation.stored(), mutation.ttlMillis());
                            case DELETE -> Mutation.delete(key, mutation.condition());
                            case EXPIRE -> Mutation.expire(key, mutation.ttlMillis());
                            case CHECK -> Mutation.check(key, mutation.condition());
                        });
            }

            @Override
            public Call<List<Stored>> readAll(Space space, List<Key> keys) {
                return Call.all(keys.stream().map(key -> read(space, key)).toList());
            }

            @Override
            public Call<List<Outcome<Boolean>>> writeAll(Space space, List<Mutation> mutations) {
                return Call.outcomes(
                        mutations.stream().map(one -> write(space, one)).toList());
            }
        };
    }

    /** A store whose scans of the root pass through a change. */
    static StateStore scanning(
            StateStore right, Function<ScanRequest, ScanRequest> ask, UnaryOperator<Page<KeyedValue>> change) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Page<KeyedValue>> scan(Space space, ScanRequest request) {
                return space.kind() == Space.Kind.ROOT
                        ? super.scan(space, ask.apply(request)).map(change)
                        : super.scan(space, request);
            }

            @Override
            public Call<Long> count(Space space, Key prefix) {
                return countBy(this, space, prefix, null, 0);
            }
        };
    }

    private static Call<Long> countBy(StateStore store, Space space, Key prefix, Key from, long before) {
        return store.scan(space, new ScanRequest(prefix, from, 100, false)).then(page -> {
            long counted = before + page.items().size();
            return page.next() == null ? Call.done(counted) : countBy(store, space, prefix, page.next(), counted);
        });
    }

    /** A client with a cache that nobody else's writes reach. */
    static StateStore caching(StateStore right) {
        Map<Key, Stored> cache = new ConcurrentHashMap<>();
        return new ForwardingStateStore(right) {
            @Override
            public Call<Stored> read(Space space, Key key) {
                if (space.kind() != Space.Kind.ROOT) {
                    return super.read(space, key);
                }
                Stored cached = cache.get(space.encode(key));
                return cached != null
                        ? Call.done(cached.copy())
                        : super.read(space, key).map(stored -> {
                            if (stored != null) {
                                cache.put(space.encode(key), stored.copy());
                            }
                            return stored;
                        });
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                cache.remove(space.encode(mutation.key()));
                return super.write(space, mutation);
            }
        };
    }

    /** Reads, compares, and then writes without a condition. */
    static StateStore checkThenWrite(StateStore right) {
        return new ForwardingStateStore(right) {
            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                if (mutation.condition() == Condition.ANY) {
                    return super.write(space, mutation);
                }
                return super.read(space, mutation.key()).then(stored -> {
                    Thread.yield();
                    if (!mutation.condition().holds(stored == null ? null : stored.version())) {
                        return Call.done(false);
                    }
                    return super.write(space, unconditional(mutation));
                });
            }
        };
    }

    static Mutation unconditional(Mutation mutation) {
        return switch (mutation.kind()) {
            case PUT -> Mutation.put(mutation.key(), Condition.ANY, mutation.stored(), mutation.ttlMillis());
            case DELETE -> Mutation.delete(mutation.key(), Condition.ANY);
            default -> mutation;
        };
    }

    /** The namespace glued to the key, as "a" + ":" + "b:c" and "a:b" + ":" + "c". */
    static StateStore glued(StateStore right) {
        Space one = Space.root("one for all");
        UnaryOperator<Key> glue = key -> key;
        return new ForwardingStateStore(right) {
            private Key glued(Space space, Key key) {
                byte[] name = (space.namespace() + ":").getBytes(StandardCharsets.UTF_8);
                byte[] bytes = Arrays.copyOf(name, name.length + key.length());
                key.copyTo(bytes, name.length);
                return glue.apply(Key.of(bytes));
            }

            @Override
            public Call<Stored> read(Space space, Key key) {
                return space.kind() == Space.Kind.ROOT ? super.read(one, glued(space, key)) : super.read(space, key);
            }

            @Override
            public Call<Boolean> write(Space space, Mutation mutation) {
                return space.kind() == Space.Kind.ROOT && mutation.kind() == Mutation.Kind.PUT
                        ? super.write(
                                one,
                                Mutation.put(
                                        glued(space, mutation.key()),
                                        mutation.condition(),
                                        mutation.stored(),
                                        mutation.ttlMillis()))
                        : super.write(space, mutation);
            }
        };
    }

    static byte[] upperCase(byte[] key) {
        return new String(key, StandardCharsets.ISO_8859_1)
                .toUpperCase(Locale.ROOT)
                .getBytes(StandardCharsets.ISO_8859_1);
    }

    static byte[] trimmed(byte[] key) {
        int end = key.length;
        while (end > 0 && key[end - 1] == ' ') {
            end--;
        }
        return Arrays.copyOf(key, end);
    }

    static byte[] endedByZero(byte[] key) {
        int end = 0;
        while (end < key.length && key[end] != 0) {
            end++;
        }
        return Arrays.copyOf(key, end);
    }

    static byte[] asText(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8).getBytes(StandardCharsets.UTF_8);
    }

    static Stored withBytes(Stored stored, UnaryOperator<byte[]> change) {
        return stored == null ? null : stored.with(change.apply(stored.bytes()), stored.encoding());
    }

    static Mutation withStored(Mutation mutation, UnaryOperator<Stored> change) {
        return mutation.kind() == Mutation.Kind.PUT ? mutation.with(change.apply(mutation.stored())) : mutation;
    }

    static Page<KeyedValue> first(Page<KeyedValue> page) {
        return new Page<>(page.items(), null);
    }

    static Page<KeyedValue> doubled(Page<KeyedValue> page) {
        List<KeyedValue> items = new ArrayList<>(page.items());
        if (!items.isEmpty()) {
            items.set(items.size() - 1, items.get(0));
        }
        return new Page<>(items, page.next());
    }

    static Version fixedVersion() {
        return new Version(42);
    }
}
