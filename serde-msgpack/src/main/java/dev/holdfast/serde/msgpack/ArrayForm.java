package dev.holdfast.serde.msgpack;

import java.lang.reflect.Array;
import org.jspecify.annotations.Nullable;

/** An array of objects. */
final class ArrayForm extends Form<@Nullable Object[]> {
    private final Form<Object> element;

    ArrayForm(Class<?> type, Form<?> element) {
        super(type);
        this.element = element.untyped();
    }

    @Override
    void write(Packer out, @Nullable Object[] array) {
        out.enter();
        out.count(array.length);
        out.array(array.length);
        for (int i = 0; i < array.length; i++) {
            try {
                element.writeChecked(out, array[i]);
            } catch (Fault fault) {
                throw fault.inElement(i);
            }
        }
        out.leave();
    }

    @Override
    @Nullable
    Object[] read(Unpacker in) {
        in.enter();
        int length = in.array();
        in.count(length);
        Object[] array = (Object[]) Array.newInstance(type().getComponentType(), length);
        for (int i = 0; i < length; i++) {
            try {
                array[i] = element.read(in);
            } catch (Fault fault) {
                throw fault.inElement(i);
            }
        }
        in.leave();
        return array;
    }
}
