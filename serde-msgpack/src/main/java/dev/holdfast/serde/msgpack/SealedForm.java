package dev.holdfast.serde.msgpack;

import java.util.HashMap;
import java.util.Map;

/** One of the classes of a sealed hierarchy: its map begins with an entry that names the class. */
final class SealedForm extends Form<Object> {
    static final String TAG = "@type";
    private static final byte[] PACKED_TAG = Packer.packed(TAG);

    private static final class Leaf {
        final ObjectForm form;
        final byte[] packedEntry;

        Leaf(ObjectForm form, byte[] packedEntry) {
            this.form = form;
            this.packedEntry = packedEntry;
        }
    }

    private final Map<Class<?>, Leaf> byClass = new HashMap<>();
    private final Map<String, Leaf> byName = new HashMap<>();

    SealedForm(Class<?> type) {
        super(type);
    }

    /** False if there is a class of that name already. */
    boolean add(ObjectForm form) {
        String name = form.type().getSimpleName();
        Packer entry = new Packer(Bounds.DEFAULT);
        entry.raw(PACKED_TAG);
        entry.text(name);
        Leaf leaf = new Leaf(form, entry.toBytes());
        byClass.put(form.type(), leaf);
        return byName.put(name, leaf) == null;
    }

    @Override
    void write(Packer out, Object value) {
        Leaf leaf = byClass.get(value.getClass());
        if (leaf == null) {
            throw new Fault("is of " + value.getClass() + ", which is not in the hierarchy");
        }
        leaf.form.write(out, value, leaf.packedEntry);
    }

    @Override
    Object read(Unpacker in) {
        int entries = in.map();
        if (entries == 0 || !in.took(PACKED_TAG)) {
            throw new Fault(
                    "does not begin with \"" + TAG + "\", which says which " + type().getSimpleName() + " it is");
        }
        String name = in.text();
        Leaf leaf = byName.get(name);
        if (leaf == null) {
            throw new Fault("is of the type " + Names.printable(name) + ", and no " + type().getSimpleName()
                    + " is called so; an upcaster can rename it");
        }
        return leaf.form.read(in, entries - 1);
    }
}
