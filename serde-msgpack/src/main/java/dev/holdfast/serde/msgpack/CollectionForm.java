package dev.holdfast.serde.msgpack;

import java.util.Collection;
import java.util.SortedSet;
import java.util.function.IntFunction;
import org.jspecify.annotations.Nullable;

/** A list or a set, as an array. */
final class CollectionForm extends Form<Collection<@Nullable Object>> {
    private final Form<Object> element;
    private final IntFunction<Collection<@Nullable Object>> make;

    CollectionForm(Class<?> type, Form<?> element, IntFunction<Collection<@Nullable Object>> make) {
        super(type);
        this.element = element.untyped();
        this.make = make;
    }

    @Override
    void write(Packer out, Collection<@Nullable Object> value) {
        if (value instanceof SortedSet<?> sorted) {
            Orders.natural(sorted.comparator());
        }
        int size = value.size();
        out.enter();
        out.count(size);
        out.array(size);
        int index = 0;
        for (Object each : value) {
            try {
                element.writeChecked(out, each);
            } catch (Fault fault) {
                throw fault.inElement(index);
            }
            index++;
        }
        Orders.unchanged(size, index);
        out.leave();
    }

    @Override
    Collection<@Nullable Object> read(Unpacker in) {
        in.enter();
        int size = in.array();
        in.count(size);
        Collection<@Nullable Object> read = make.apply(size);
        for (int i = 0; i < size; i++) {
            try {
                if (!read.add(element.read(in))) {
                    throw new Fault("is in the set already");
                }
            } catch (Fault fault) {
                throw fault.inElement(i);
            }
        }
        in.leave();
        return read;
    }
}
