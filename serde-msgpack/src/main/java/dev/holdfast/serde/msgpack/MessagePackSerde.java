package dev.holdfast.serde.msgpack;

import dev.holdfast.serde.Serde;
import dev.holdfast.spi.CorruptValueException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Values of one type as MessagePack: two bytes that say so, the version of the schema, and the value; a record or class is a map from
 * its names to its values.
 *
 * <p>What has a form is decided when the serde is built, before any I/O: records, classes with fields that are not final and a
 * constructor without arguments, sealed hierarchies of those, enums, lists, sets, maps, arrays, optionals, and the JDK's numbers, texts and
 * dates; for others there is {@link Builder#convert}. Everything comes back equal, or is refused as it is written. Nothing is null that
 * is not marked {@code @Nullable} (of any package).
 *
 * <p>What is read is bounded in bytes, depth and elements: hostile bytes end in {@link CorruptValueException}. Immutable; safe for use
 * by many threads.
 *
 * @param <T> the values
 */
public final class MessagePackSerde<T> implements Serde<T> {
    /** Magic, layout and a version of one byte. */
    private static final int SHORTEST_HEADER = 3;

    private final Class<T> type;
    /** The same, but for primitives, whose class no object has. */
    private final Class<T> boxed;

    private final Form<Object> form;
    private final int version;
    private final int newest;
    private final boolean ignoresUnknownFields;
    private final Map<Integer, Upcaster> upcasters;
    private final Bounds bounds;
    private final byte[] header;
    private final Pool<Packer> packers;

    private MessagePackSerde(Builder<T> builder) {
        this.type = builder.type;
        this.boxed = boxed(type);
        this.version = builder.version;
        this.newest = Math.max(builder.newest, version);
        this.ignoresUnknownFields = builder.ignoresUnknownFields;
        this.upcasters = Map.copyOf(builder.upcasters);
        this.bounds = builder.bounds;
        this.form = builder.form().untyped();
        Packer packer = new Packer(Bounds.DEFAULT);
        packer.raw(new byte[] {Wire.MAGIC, Wire.LAYOUT});
        packer.integer(version);
        this.header = packer.toBytes();
        this.packers = new Pool<>(() -> new Packer(bounds));
    }

    /** The serde of a type whose schema is at version 1. Throws {@link UnsupportedTypeException}. */
    public static <T> MessagePackSerde<T> of(Class<T> type) {
        return builder(type).build();
    }

    public static <T> Builder<T> builder(Class<T> type) {
        return new Builder<>(Objects.requireNonNull(type, "type"));
    }

    @Override
    public byte[] encode(T value) {
        Objects.requireNonNull(value, "value");
        Packer out = packers.take();
        try {
            out.reset();
            out.raw(header);
            form.write(out, value);
            byte[] bytes = out.toBytes();
            packers.give(out);
            return bytes;
        } catch (Fault fault) {
            throw new IllegalArgumentException(
                    type.getSimpleName() + " cannot be stored: " + fault.told(), fault.getCause());
        }
    }

    @Override
    public T decode(byte[] bytes) {
        Unpacker in = new Unpacker(bytes, bounds);
        int stored = header(bytes, in);
        in.ignoreUnknownFields(ignoresUnknownFields || stored > version);
        boolean isUpcast = stored < version;
        try {
            Unpacker current = isUpcast ? new Unpacker(upcast(in, stored), bounds) : in;
            current.ignoreUnknownFields(in.ignoresUnknownFields());
            T value = boxed.cast(form.read(current));
            end(current);
            return value;
        } catch (Fault fault) {
            // Once upcast, the bytes are others than those stored.
            String place = isUpcast ? "" : " (at byte " + in.position() + ")";
            throw corrupt("version " + stored + ", " + fault.told() + place, fault.getCause());
        }
    }

    /** Reads the header and returns the version, once everything about it is known to be right. */
    private int header(byte[] bytes, Unpacker in) {
        if (bytes.length > bounds.maxBytes()) {
            throw corrupt(bytes.length + " bytes are above maxBytes=" + bounds.maxBytes(), null);
        }
        if (bytes.length < SHORTEST_HEADER || bytes[0] != Wire.MAGIC) {
            throw corrupt("the bytes do not begin as a typed value does; they were stored without this serde", null);
        }
        if (bytes[1] != Wire.LAYOUT) {
            throw corrupt("layout " + (bytes[1] & 0xff) + " is unknown, only " + Wire.LAYOUT + " is known here", null);
        }
        in.one();
        in.one();
        int stored;
        try {
            stored = (int) in.integer(1, Integer.MAX_VALUE);
        } catch (Fault fault) {
            throw corrupt("the schema version " + fault.told(), null);
        }
        if (stored > newest) {
            throw corrupt(
                    "version " + stored + " is newer than " + newest
                            + ", the newest known here; update this program, or let it"
                            + " drop what it does not know with readVersionsUpTo(" + stored + ")",
                    null);
        }
        if (stored < version && !upcasters.containsKey(stored)) {
            throw corrupt("version " + stored + " is older than oldestVersion, and has no upcaster", null);
        }
        return stored;
    }

    /** The value as the next versions, one after the other, would have written it. */
    private byte[] upcast(Unpacker in, int stored) {
        Map<Object, @Nullable Object> fields = Trees.map(in);
        end(in);
        for (int from = stored; from < version; from++) {
            Upcaster upcaster = upcasters.get(from);
            if (upcaster == null) {
                throw new AssertionError("the chain was checked");
            }
            try {
                upcaster.upcast(new Document(fields));
            } catch (RuntimeException failed) {
                throw new Fault("is refused by the upcaster from version " + from, failed);
            }
        }
        Packer out = new Packer(bounds);
        Trees.write(out, fields);
        return out.toBytes();
    }

    @SuppressWarnings("unchecked")
    private static <T> Class<T> boxed(Class<T> type) {
        return (Class<T>) MethodType.methodType(type).wrap().returnType();
    }

    private static void end(Unpacker in) {
        if (in.remaining() > 0) {
            throw new Fault("is followed by " + in.remaining() + " bytes that do not belong to it");
        }
    }

    private CorruptValueException corrupt(String what, @Nullable Throwable cause) {
        return new CorruptValueException(type.getSimpleName() + " cannot be read: " + what, cause);
    }

    @Override
    public String toString() {
        return "msgpack(" + type.getSimpleName() + " version " + version + ")";
    }

    /** Collects what there is to say about a type. One thread at a time. */
    public static final class Builder<T> {
        private final Class<T> type;
        private final TreeMap<Integer, Upcaster> upcasters = new TreeMap<>();
        private final List<Converter<?, ?>> converters = new ArrayList<>();
        private final Map<Class<?>, Enum<?>> fallbacks = new HashMap<>();
        private int version = 1;
        private int oldest = 1;
        private int newest;
        private boolean ignoresUnknownFields;
        private Bounds bounds = Bounds.DEFAULT;
        private MethodHandles.Lookup lookup = MethodHandles.lookup();

        private Builder(Class<T> type) {
            this.type = type;
        }

        /** The version of the schema this program writes, from 1 up. Defaults to 1. */
        public Builder<T> version(int version) {
            this.version = atLeastOne("version", version);
            return this;
        }

        /** How a value of version {@code from} becomes one of the next. All from the oldest to the newest must be given. */
        public Builder<T> upcast(int from, Upcaster upcaster) {
            if (upcasters.put(atLeastOne("from", from), Objects.requireNonNull(upcaster, "upcaster")) != null) {
                throw new IllegalArgumentException("there are two upcasters from version " + from);
            }
            return this;
        }

        /** The oldest version that may still be stored; older values are refused as corrupt. Defaults to 1. */
        public Builder<T> oldestVersion(int oldest) {
            this.oldest = atLeastOne("oldestVersion", oldest);
            return this;
        }

        /**
         * Also reads values of newer versions, as if they were of this one, without the fields it does not know. They are lost when
         * such a value is written back. Defaults to refusing newer versions.
         */
        public Builder<T> readVersionsUpTo(int newest) {
            this.newest = atLeastOne("readVersionsUpTo", newest);
            return this;
        }

        /**
         * Drops fields that the classes do not have. They are lost when such a value is written back. Defaults to refusing them.
         */
        public Builder<T> ignoreUnknownFields() {
            ignoresUnknownFields = true;
            return this;
        }

        /**
         * Reads every constant the enum does not have as this one. The name is lost when such a value is written back. Defaults to
         * refusing unknown constants.
         */
        public Builder<T> fallback(Enum<?> constant) {
            fallbacks.put(constant.getDeclaringClass(), constant);
            return this;
        }

        /**
         * Stores a type as another that has a form, or was given a converter before. The functions undo each other; what {@code from}
         * throws means that the stored value is corrupt.
         */
        public <A, B> Builder<T> convert(
                Class<A> type,
                Class<B> stored,
                Function<? super A, ? extends B> to,
                Function<? super B, ? extends A> from) {
            converters.add(new Converter<>(
                    Objects.requireNonNull(type, "type"),
                    Objects.requireNonNull(stored, "stored"),
                    Objects.requireNonNull(to, "to"),
                    Objects.requireNonNull(from, "from")));
            return this;
        }

        /** The longest encoded value, in bytes. Larger lets hostile bytes take more memory. Defaults to 16 MiB. */
        public Builder<T> maxBytes(int bytes) {
            bounds = new Bounds(bytes, bounds.maxDepth(), bounds.maxElements());
            return this;
        }

        /** How deep objects and collections may be in each other, at most 512. Larger takes more stack. Defaults to 64. */
        public Builder<T> maxDepth(int depth) {
            bounds = new Bounds(bounds.maxBytes(), depth, bounds.maxElements());
            return this;
        }

        /**
         * The most elements of all collections and fields of all objects in one value; elements of arrays of primitives are not
         * counted. Larger lets hostile bytes take more memory, some 100 bytes each. Defaults to 1,000,000.
         */
        public Builder<T> maxElements(int elements) {
            bounds = new Bounds(bounds.maxBytes(), bounds.maxDepth(), elements);
            return this;
        }

        /** Looks into the classes with the eyes of the caller, for classes in a module that is not open to this one. */
        public Builder<T> lookup(MethodHandles.Lookup lookup) {
            this.lookup = Objects.requireNonNull(lookup, "lookup");
            return this;
        }

        /** Throws {@link UnsupportedTypeException}, and {@link IllegalArgumentException} for versions that do not fit together. */
        public MessagePackSerde<T> build() {
            return new MessagePackSerde<>(this);
        }

        private Form<?> form() {
            checkVersions();
            Forms forms = new Forms(lookup, fallbacks);
            converters.forEach(forms::convert);
            Form<?> form = forms.of(type);
            if (!upcasters.isEmpty() && !(form instanceof ObjectForm) && !(form instanceof SealedForm)) {
                throw new IllegalArgumentException(
                        type.getName() + " has no fields that an upcaster could change; put it into a record");
            }
            return form;
        }

        private void checkVersions() {
            if (oldest > version) {
                throw new IllegalArgumentException("oldestVersion " + oldest + " is above version " + version);
            }
            if (!upcasters.isEmpty() && (upcasters.lastKey() >= version || upcasters.firstKey() < oldest)) {
                throw new IllegalArgumentException("upcasters are from versions " + upcasters.keySet()
                        + ", but must be from oldestVersion " + oldest + " up to below version " + version);
            }
            for (int from = oldest; from < version; from++) {
                if (!upcasters.containsKey(from)) {
                    throw new IllegalArgumentException("version " + version + " needs an upcaster from version " + from
                            + "; give one, or say oldestVersion(" + (from + 1)
                            + ") if no such value is stored any more");
                }
            }
        }

        private static int atLeastOne(String name, int value) {
            if (value < 1) {
                throw new IllegalArgumentException(name + " must be at least 1, was " + value);
            }
            return value;
        }
    }
}
