package dev.holdfast.serde.msgpack;

import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A record or a plain class, as a map from the names of its members to their values, in the order of the class. Values written in that
 * order, which are nearly all, are read without looking a name up.
 */
final class ObjectForm extends Form<Object> {
    /** Stands for a member the stored value does not have; null is a value. */
    static final Object MISSING = new Object();

    /** Makes the object from the values of its members, in their order; some may be {@link #MISSING}. */
    interface Maker {
        Object make(@Nullable Object[] values);
    }

    private final Map<String, Integer> byName = new HashMap<>();
    private Member[] members = {};
    private Maker maker = values -> MISSING;

    ObjectForm(Class<?> type) {
        super(type);
    }

    /** Called once, after the forms of the members are known: they may need this one, when the type contains itself. */
    void complete(Member[] members, Maker maker) {
        this.members = members;
        this.maker = maker;
        for (int i = 0; i < members.length; i++) {
            byName.put(members[i].name, i);
        }
    }

    @Override
    void write(Packer out, Object value) {
        write(out, value, null);
    }

    /** @param tag an entry to write before all others, packed, or null for none */
    void write(Packer out, Object value, byte @Nullable [] tag) {
        out.enter();
        out.count(members.length);
        if (tag == null) {
            out.map(members.length);
        } else {
            out.map(members.length + 1);
            out.raw(tag);
        }
        for (Member member : members) {
            out.raw(member.packedName);
            try {
                member.form.writeChecked(out, member.getter.apply(value));
            } catch (Fault fault) {
                throw fault.inField(member.name);
            }
        }
        out.leave();
    }

    @Override
    Object read(Unpacker in) {
        return read(in, in.map());
    }

    /** Reads what stands in {@code entries} entries. */
    Object read(Unpacker in, int entries) {
        in.enter();
        // Counted as it will be in memory: missing members take room too.
        in.count(members.length);
        @Nullable Object[] values = new Object[members.length];
        Arrays.fill(values, MISSING);
        int expected = 0;
        for (int i = 0; i < entries; i++) {
            int index = expected < members.length && in.took(members[expected].packedName) ? expected : find(in);
            if (index >= 0) {
                read(in, values, index);
                expected = index + 1;
            }
        }
        Object made = maker.make(values);
        in.leave();
        return made;
    }

    private void read(Unpacker in, @Nullable Object[] values, int index) {
        Member member = members[index];
        try {
            if (values[index] != MISSING) {
                throw new Fault("is there twice");
            }
            values[index] = member.form.read(in);
        } catch (Fault fault) {
            throw fault.inField(member.name);
        }
    }

    /** The index of the member whose name is next, or -1 after passing over one that the class does not have. */
    private int find(Unpacker in) {
        String name = in.text();
        Integer index = byName.get(name);
        if (index != null) {
            return index;
        }
        if (!in.ignoresUnknownFields()) {
            throw new Fault("has a field that " + type().getSimpleName() + " does not have, " + Names.printable(name)
                    + "; an upcaster can remove it, ignoreUnknownFields() drops such fields");
        }
        in.skipValue();
        return -1;
    }
}
