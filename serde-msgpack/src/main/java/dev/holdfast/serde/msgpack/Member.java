package dev.holdfast.serde.msgpack;

import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** A component of a record or a field of a class. */
final class Member {
    final String name;
    final byte[] packedName;
    final Function<Object, @Nullable Object> getter;
    final Form<Object> form;

    Member(String name, Function<Object, @Nullable Object> getter, Form<?> form) {
        this.name = name;
        this.packedName = Packer.packed(name);
        this.getter = getter;
        this.form = form.untyped();
    }

    /** What the member has when the stored value has no such field. */
    @Nullable
    Object whenMissing() {
        if (!form.usesNil()) {
            throw missing();
        }
        return form.whenNil();
    }

    Fault missing() {
        return new Fault(
                        "is missing, and neither @Nullable nor an Optional; give the schema a new version, and an upcaster that"
                                + " adds it")
                .inField(name);
    }
}
