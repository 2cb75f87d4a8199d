package dev.holdfast.compression;

import dev.holdfast.spi.CorruptValueException;
import dev.holdfast.spi.Key;
import dev.holdfast.state.Space;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Which dictionary is used for what is written, in one namespace. Immutable.
 *
 * <p>Form, big-endian: format (1 byte), number of rules (4), per rule whether it is about scopes (1), length of the prefix (4), prefix,
 * dictionary (4), time (8), and a CRC-32C (4) of all that.
 *
 * @param rules the longest prefix first
 */
record Catalog(List<Rule> rules) {
    static final Catalog EMPTY = new Catalog(List.of());

    private static final byte FORMAT = 1;
    private static final int RULE_BYTES = 1 + 4 + 4 + 8;

    /**
     * A dictionary for the keys under a prefix.
     *
     * @param isOfScopes whether the prefix is one of scope names instead
     * @param trainedMicros when, since 1970
     */
    record Rule(boolean isOfScopes, Key prefix, int dictionary, long trainedMicros) {
        boolean covers(Space space, Key key) {
            return isOfScopes
                    ? space.kind() == Space.Kind.SCOPE && space.name().startsWith(prefix)
                    : space.kind() == Space.Kind.ROOT && key.startsWith(prefix);
        }

        boolean isAbout(boolean scopes, Key what) {
            return isOfScopes == scopes && prefix.equals(what);
        }
    }

    /** The rule of the longest prefix that covers a key, or null. */
    @Nullable
    Rule find(Space space, Key key) {
        // Most often there is one rule, or none.
        for (int i = 0; i < rules.size(); i++) {
            if (rules.get(i).covers(space, key)) {
                return rules.get(i);
            }
        }
        return null;
    }

    Optional<Rule> about(boolean scopes, Key prefix) {
        return rules.stream().filter(rule -> rule.isAbout(scopes, prefix)).findFirst();
    }

    Set<Integer> dictionaries() {
        return rules.stream().map(Rule::dictionary).collect(Collectors.toSet());
    }

    /** The catalog without the rule about this prefix. */
    Catalog without(boolean scopes, Key prefix) {
        return new Catalog(
                rules.stream().filter(rule -> !rule.isAbout(scopes, prefix)).toList());
    }

    /** The catalog with this rule instead of the one about the same prefix. */
    Catalog with(Rule rule) {
        List<Rule> more = new ArrayList<>(without(rule.isOfScopes(), rule.prefix()).rules);
        more.add(rule);
        more.sort((one, other) ->
                Integer.compare(other.prefix().length(), one.prefix().length()));
        return new Catalog(List.copyOf(more));
    }

    byte[] encode() {
        int length = 1 + 4 + 4;
        for (Rule rule : rules) {
            length += RULE_BYTES + rule.prefix().length();
        }
        ByteBuffer out = ByteBuffer.allocate(length).put(FORMAT).putInt(rules.size());
        for (Rule rule : rules) {
            out.put((byte) (rule.isOfScopes() ? 1 : 0)).putInt(rule.prefix().length());
            out.put(rule.prefix().toBytes()).putInt(rule.dictionary()).putLong(rule.trainedMicros());
        }
        return out.putInt(Envelope.checksum(out.array(), out.position())).array();
    }

    /** Reads what {@link #encode} made; throws {@link CorruptValueException} for anything else. */
    static Catalog decode(byte[] bytes) {
        ByteBuffer in = ByteBuffer.wrap(bytes);
        try {
            byte format = in.get();
            if (format != FORMAT) {
                throw new CorruptValueException("the catalog of dictionaries has unknown format version "
                        + (format & 0xFF) + "; this build reads version " + FORMAT);
            }
            int end = bytes.length - 4;
            if (end < 5 || Envelope.checksum(bytes, end) != in.getInt(end)) {
                throw new CorruptValueException("the catalog of dictionaries does not match its checksum");
            }
            int count = in.getInt();
            List<Rule> rules = new ArrayList<>();
            for (int i = 0; i < count; i++) {
                boolean scopes = in.get() != 0;
                int length = in.getInt();
                if (length < 0 || length > in.remaining()) {
                    throw new BufferUnderflowException();
                }
                byte[] prefix = new byte[length];
                in.get(prefix);
                rules.add(new Rule(scopes, Key.of(prefix), in.getInt(), in.getLong()));
            }
            if (in.position() != end) {
                throw new CorruptValueException("the catalog of dictionaries has bytes behind its last rule");
            }
            return new Catalog(List.copyOf(rules));
        } catch (BufferUnderflowException cutOff) {
            throw new CorruptValueException("the catalog of dictionaries is cut off", cutOff);
        }
    }
}
