package dev.holdfast.serde.msgpack;

import java.lang.invoke.LambdaMetafactory;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.MethodType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.RecordComponent;
import java.util.Arrays;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** The doors to one class: made once, when a serde is built, and then as fast as the JVM has them. */
final class Access {
    private static final MethodType GETTER = MethodType.methodType(Object.class, Object.class);
    private static final MethodType MAKER = MethodType.methodType(Object.class, Object[].class);

    private final Class<?> type;
    private final MethodHandles.Lookup lookup;

    private Access(Class<?> type, MethodHandles.Lookup lookup) {
        this.type = type;
        this.lookup = lookup;
    }

    /** Throws {@link UnsupportedTypeException} when the class is in a module that does not open its package to the lookup. */
    static Access to(Class<?> type, MethodHandles.Lookup from) {
        try {
            return new Access(type, MethodHandles.privateLookupIn(type, from));
        } catch (IllegalAccessException closed) {
            throw new UnsupportedTypeException(
                    type + " is not open to " + from.lookupClass().getModule() + "; open its package to that module"
                            + " in module-info, or give the serde lookup(MethodHandles.lookup()) from a class that may see it",
                    closed);
        }
    }

    Function<Object, @Nullable Object> getter(RecordComponent component) {
        try {
            MethodHandle accessor = lookup.unreflect(component.getAccessor());
            return lookup.hasFullPrivilegeAccess() ? compiled(accessor) : getter(accessor);
        } catch (IllegalAccessException e) {
            throw new LinkageError("a private lookup in " + type + " sees all", e);
        }
    }

    /** A class of its own for the accessor, which the JIT can look into: a method handle in a field stays closed to it. */
    @SuppressWarnings("unchecked")
    private Function<Object, @Nullable Object> compiled(MethodHandle accessor) {
        try {
            return (Function<Object, @Nullable Object>) LambdaMetafactory.metafactory(
                            lookup,
                            "apply",
                            MethodType.methodType(Function.class),
                            GETTER,
                            accessor,
                            accessor.type().wrap())
                    .getTarget()
                    .invoke();
        } catch (Throwable e) {
            throw new AssertionError("no lambda for " + accessor, e);
        }
    }

    private static Function<Object, @Nullable Object> getter(MethodHandle typed) {
        MethodHandle handle = typed.asType(GETTER);
        return object -> {
            try {
                return handle.invokeExact(object);
            } catch (Throwable thrown) {
                throw rethrown(thrown);
            }
        };
    }

    Function<Object, @Nullable Object> getter(Field field) {
        try {
            return getter(lookup.unreflectGetter(field));
        } catch (IllegalAccessException e) {
            throw new LinkageError("a private lookup in " + type + " sees all", e);
        }
    }

    BiConsumer<Object, @Nullable Object> setter(Field field) {
        try {
            MethodHandle handle =
                    lookup.unreflectSetter(field).asType(MethodType.methodType(void.class, Object.class, Object.class));
            return (object, value) -> {
                try {
                    handle.invokeExact(object, value);
                } catch (Throwable thrown) {
                    throw rethrown(thrown);
                }
            };
        } catch (IllegalAccessException e) {
            throw new LinkageError("a private lookup in " + type + " sees all", e);
        }
    }

    /** The canonical constructor of a record. What it throws comes out as a {@link Fault}. */
    ObjectForm.Maker recordMaker() {
        Class<?>[] types = Arrays.stream(type.getRecordComponents())
                .map(RecordComponent::getType)
                .toArray(Class<?>[]::new);
        try {
            MethodHandle handle = lookup.findConstructor(type, MethodType.methodType(void.class, types))
                    .asSpreader(Object[].class, types.length)
                    .asType(MAKER);
            return values -> {
                try {
                    return (Object) handle.invokeExact(values);
                } catch (Throwable thrown) {
                    throw refused(thrown);
                }
            };
        } catch (NoSuchMethodException | IllegalAccessException e) {
            throw new LinkageError("a record has a canonical constructor: " + type, e);
        }
    }

    /** The constructor without arguments. What it throws comes out as a {@link Fault}. */
    Supplier<Object> constructor(Constructor<?> constructor) {
        try {
            MethodHandle handle = lookup.unreflectConstructor(constructor).asType(MethodType.methodType(Object.class));
            return () -> {
                try {
                    return (Object) handle.invokeExact();
                } catch (Throwable thrown) {
                    throw refused(thrown);
                }
            };
        } catch (IllegalAccessException e) {
            throw new LinkageError("a private lookup in " + type + " sees all", e);
        }
    }

    private Fault refused(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return new Fault("is refused by the constructor of " + type.getSimpleName(), thrown);
    }

    private static RuntimeException rethrown(Throwable thrown) {
        if (thrown instanceof Error error) {
            throw error;
        }
        return thrown instanceof RuntimeException unchecked ? unchecked : new IllegalStateException(thrown);
    }
}
