package dev.holdfast.serde.msgpack;

import java.lang.annotation.Annotation;
import java.lang.invoke.MethodHandles;
import java.lang.reflect.AnnotatedArrayType;
import java.lang.reflect.AnnotatedElement;
import java.lang.reflect.AnnotatedParameterizedType;
import java.lang.reflect.AnnotatedType;
import java.lang.reflect.AnnotatedTypeVariable;
import java.lang.reflect.AnnotatedWildcardType;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.lang.reflect.GenericArrayType;
import java.lang.reflect.Modifier;
import java.lang.reflect.ParameterizedType;
import java.lang.reflect.RecordComponent;
import java.lang.reflect.Type;
import java.lang.reflect.TypeVariable;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.NavigableSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.BiConsumer;
import java.util.function.IntFunction;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Finds the form of a type, and of all it is made of, when a serde is built. A type that has none throws
 * {@link UnsupportedTypeException}.
 */
final class Forms {
    /** Types within types; deeper there is only a generic class that contains itself with ever more arguments. */
    private static final int DEEPEST = 100;

    private static final Map<Class<?>, IntFunction<Collection<@Nullable Object>>> COLLECTIONS = new HashMap<>();
    private static final Map<Class<?>, IntFunction<Map<Object, @Nullable Object>>> MAPS = new HashMap<>();

    static {
        List.<Class<?>>of(List.class, Collection.class, ArrayList.class)
                .forEach(type -> COLLECTIONS.put(type, ArrayList::new));
        List.<Class<?>>of(Set.class, LinkedHashSet.class).forEach(type -> COLLECTIONS.put(type, LinkedHashSet::new));
        COLLECTIONS.put(HashSet.class, HashSet::new);
        List.<Class<?>>of(SortedSet.class, NavigableSet.class, TreeSet.class)
                .forEach(type -> COLLECTIONS.put(type, size -> new TreeSet<>()));
        List.<Class<?>>of(Map.class, LinkedHashMap.class).forEach(type -> MAPS.put(type, LinkedHashMap::new));
        MAPS.put(HashMap.class, HashMap::new);
        List.<Class<?>>of(SortedMap.class, NavigableMap.class, TreeMap.class)
                .forEach(type -> MAPS.put(type, size -> new TreeMap<>()));
    }

    /** A class with the forms of its type arguments: what is known once need not be found again, and may contain itself. */
    private record Known(Class<?> type, List<Form<?>> arguments) {}

    private final MethodHandles.Lookup lookup;
    private final Map<Class<?>, Form<?>> converted = new HashMap<>();
    private final Map<Class<?>, Enum<?>> fallbacks;
    private final Map<Known, Form<?>> known = new HashMap<>();
    private final Deque<String> way = new ArrayDeque<>();

    Forms(MethodHandles.Lookup lookup, Map<Class<?>, Enum<?>> fallbacks) {
        this.lookup = lookup;
        this.fallbacks = fallbacks;
    }

    <T, R> void convert(Converter<T, R> converter) {
        @SuppressWarnings("unchecked")
        Form<R> stored = (Form<R>) of(converter.stored());
        if (stored.usesNil()) {
            throw unsupported(converter.stored(), "empty is nil", "store " + converter.type() + " as another type");
        }
        converted.put(
                converter.type(), new ConvertedForm<>(converter.type(), stored, converter.to(), converter.from()));
    }

    /** The form of the type a serde is for. */
    Form<?> of(Class<?> root) {
        return of(root, List.of());
    }

    // --- Annotated types: Nullable may stand before any of them

    private Form<?> of(AnnotatedType annotated, Map<TypeVariable<?>, Form<?>> bound) {
        if (way.size() > DEEPEST) {
            throw new UnsupportedTypeException(
                    "type " + way.peekLast() + " contains itself with ever more type arguments; use a type without");
        }
        Form<?> form = plain(annotated, bound);
        return isNullable(annotated) ? nullable(form) : form;
    }

    private Form<?> nullable(Form<?> form) {
        if (form.usesNil()) {
            throw unsupported(
                    form.type(), "is nil when it is empty, so it cannot be null too", "remove one of the two");
        }
        return new NullableForm(form);
    }

    static boolean isNullable(AnnotatedElement element) {
        return Arrays.stream(element.getAnnotations())
                .map(Annotation::annotationType)
                .anyMatch(annotation -> annotation.getSimpleName().equals("Nullable"));
    }

    private Form<?> plain(AnnotatedType annotated, Map<TypeVariable<?>, Form<?>> bound) {
        if (annotated instanceof AnnotatedParameterizedType parameterized) {
            Class<?> raw = (Class<?>) ((ParameterizedType) parameterized.getType()).getRawType();
            List<Form<?>> arguments = new ArrayList<>();
            for (AnnotatedType argument : parameterized.getAnnotatedActualTypeArguments()) {
                arguments.add(of(argument, bound));
            }
            return of(raw, arguments);
        }
        if (annotated instanceof AnnotatedTypeVariable variable) {
            Form<?> form = bound.get((TypeVariable<?>) variable.getType());
            if (form == null) {
                throw unsupported(annotated.getType(), "stands for no type here", "name its type");
            }
            return form;
        }
        if (annotated instanceof AnnotatedWildcardType wildcard) {
            return of(wildcard.getAnnotatedUpperBounds()[0], bound);
        }
        if (annotated instanceof AnnotatedArrayType array) {
            return array(annotated.getType(), array.getAnnotatedGenericComponentType(), bound);
        }
        return of((Class<?>) annotated.getType(), List.of());
    }

    private Form<?> array(Type type, AnnotatedType component, Map<TypeVariable<?>, Form<?>> bound) {
        Form<?> scalar = type instanceof Class<?> known ? Scalars.of(known) : null;
        if (scalar != null) {
            return scalar;
        }
        if (type instanceof GenericArrayType) {
            throw unsupported(type, "is an array of a type with type arguments", "use a List");
        }
        return new ArrayForm((Class<?>) type, of(component, bound));
    }

    // --- Classes

    private Form<?> of(Class<?> type, List<Form<?>> arguments) {
        Form<?> own = converted.get(type);
        Form<?> scalar = own == null ? Scalars.of(type) : own;
        if (scalar != null) {
            return scalar;
        }
        Form<?> found = known.get(new Known(type, arguments));
        return found == null ? find(type, arguments) : found;
    }

    private Form<?> find(Class<?> type, List<Form<?>> arguments) {
        if (type.getTypeParameters().length != arguments.size()) {
            throw unsupported(type, "is used without its type arguments", "write them");
        }
        Form<?> optional = OptionalForm.primitive(type);
        if (optional != null) {
            return optional;
        }
        if (type == Optional.class) {
            return optional(arguments.get(0));
        }
        IntFunction<Collection<@Nullable Object>> collection = COLLECTIONS.get(type);
        if (collection != null) {
            return collection(type, arguments.get(0), collection);
        }
        IntFunction<Map<Object, @Nullable Object>> map = MAPS.get(type);
        if (map != null) {
            return map(type, arguments.get(0), arguments.get(1), map);
        }
        if (type.isEnum()) {
            return new EnumForm(type, fallbacks.get(type));
        }
        if (type.isArray()) {
            return new ArrayForm(type, of(type.getComponentType()));
        }
        if (type.isRecord()) {
            return record(type, arguments);
        }
        if (type.isSealed()) {
            return sealed(type, arguments);
        }
        return plainClass(type, arguments);
    }

    private Form<?> optional(Form<?> present) {
        if (present.usesNil()) {
            throw unsupported(Optional.class, "of what is nil itself when it is empty", "remove one of the two");
        }
        return OptionalForm.of(present);
    }

    private Form<?> collection(Class<?> type, Form<?> element, IntFunction<Collection<@Nullable Object>> make) {
        if (Set.class.isAssignableFrom(type)) {
            comparable(type, element, SortedSet.class.isAssignableFrom(type));
        }
        return new CollectionForm(type, element, make);
    }

    private Form<?> map(Class<?> type, Form<?> key, Form<?> value, IntFunction<Map<Object, @Nullable Object>> make) {
        comparable(type, key, SortedMap.class.isAssignableFrom(type));
        return new MapForm(type, key, value, make);
    }

    /** Refuses elements and keys that would not be found again. */
    private void comparable(Class<?> collection, Form<?> element, boolean ordered) {
        Class<?> type = element.type();
        if (type.isArray()) {
            throw unsupported(
                    collection, "of arrays, which are equal only to themselves", "use a List as element or key");
        }
        if (ordered && (element.usesNil() || !Comparable.class.isAssignableFrom(type))) {
            throw unsupported(
                    collection,
                    "of " + type.getName() + ", which has no natural order or may be nil",
                    "make it Comparable, or use a collection without order");
        }
    }

    private Form<?> record(Class<?> type, List<Form<?>> arguments) {
        Access access = Access.to(type, lookup);
        ObjectForm form = new ObjectForm(type);
        known.put(new Known(type, arguments), form);
        Map<TypeVariable<?>, Form<?>> bound = bound(type, arguments);
        List<Member> members = new ArrayList<>();
        for (RecordComponent component : type.getRecordComponents()) {
            boolean nullable = isNullable(component) || isNullable(component.getAccessor());
            members.add(new Member(
                    component.getName(),
                    access.getter(component),
                    member(type, component.getName(), component.getAnnotatedType(), nullable, bound)));
        }
        ObjectForm.Maker maker = access.recordMaker();
        Member[] all = members.toArray(Member[]::new);
        form.complete(all, values -> {
            for (int i = 0; i < values.length; i++) {
                if (values[i] == ObjectForm.MISSING) {
                    values[i] = all[i].whenMissing();
                }
            }
            return maker.make(values);
        });
        return form;
    }

    private Form<?> member(
            Class<?> owner, String name, AnnotatedType type, boolean nullable, Map<TypeVariable<?>, Form<?>> bound) {
        way.addLast(owner.getSimpleName() + "." + name);
        Form<?> form = of(type, bound);
        // An annotation that is for types and for members alike is on both.
        Form<?> member = nullable && !form.isNullable() ? nullable(form) : form;
        if (member.isNullable() && type.getType() instanceof Class<?> primitive && primitive.isPrimitive()) {
            throw unsupported(primitive, "is @Nullable, but a primitive is never null", "use the boxed type");
        }
        way.removeLast();
        return member;
    }

    private static Map<TypeVariable<?>, Form<?>> bound(Class<?> type, List<Form<?>> arguments) {
        Map<TypeVariable<?>, Form<?>> bound = new HashMap<>();
        for (int i = 0; i < arguments.size(); i++) {
            bound.put(type.getTypeParameters()[i], arguments.get(i));
        }
        return bound;
    }

    private Form<?> sealed(Class<?> type, List<Form<?>> arguments) {
        if (!arguments.isEmpty()) {
            throw unsupported(type, "is a sealed type with type arguments", "use one without");
        }
        SealedForm form = new SealedForm(type);
        known.put(new Known(type, arguments), form);
        Set<Class<?>> leaves = new LinkedHashSet<>();
        leaves(type, leaves);
        for (Class<?> leaf : leaves) {
            way.addLast(type.getSimpleName() + " as " + leaf.getSimpleName());
            if (!(of(leaf, List.of()) instanceof ObjectForm object)) {
                throw unsupported(
                        leaf, "is in a sealed hierarchy, but neither a record nor a plain class", "make it one");
            }
            if (!form.add(object)) {
                throw unsupported(leaf, "has the simple name of another class of the hierarchy", "rename one");
            }
            way.removeLast();
        }
        return form;
    }

    /** All classes a value of the sealed type can have. */
    private void leaves(Class<?> type, Set<Class<?>> leaves) {
        for (Class<?> permitted : type.getPermittedSubclasses()) {
            if (permitted.isSealed()) {
                leaves(permitted, leaves);
            } else if (Modifier.isFinal(permitted.getModifiers())) {
                leaves.add(permitted);
            } else {
                throw unsupported(permitted, "is a non-sealed part of a sealed hierarchy", "make it final or sealed");
            }
        }
        if (!Modifier.isAbstract(type.getModifiers())) {
            throw unsupported(type, "is sealed but not abstract", "make it abstract, or a sealed interface");
        }
    }

    // --- Plain classes

    private Form<?> plainClass(Class<?> type, List<Form<?>> arguments) {
        Supplier<Object> constructor = checkedConstructor(type);
        ObjectForm form = new ObjectForm(type);
        known.put(new Known(type, arguments), form);
        List<Member> members = new ArrayList<>();
        List<BiConsumer<Object, @Nullable Object>> setters = new ArrayList<>();
        for (Field field : fields(type)) {
            Access access = Access.to(field.getDeclaringClass(), lookup);
            members.add(new Member(
                    field.getName(),
                    access.getter(field),
                    member(
                            type,
                            field.getName(),
                            field.getAnnotatedType(),
                            isNullable(field),
                            bound(type, arguments))));
            setters.add(access.setter(field));
        }
        Member[] all = members.toArray(Member[]::new);
        form.complete(all, values -> {
            Object made = constructor.get();
            for (int i = 0; i < values.length; i++) {
                Member member = all[i];
                if (values[i] != ObjectForm.MISSING) {
                    setters.get(i).accept(made, values[i]);
                } else if (member.getter.apply(made) == null) {
                    setters.get(i).accept(made, member.whenMissing());
                }
            }
            return made;
        });
        return form;
    }

    private Supplier<Object> checkedConstructor(Class<?> type) {
        String remedy = "use a record, a class with fields that are not final and a constructor without arguments, or a"
                + " converter (convert)";
        if (type.isPrimitive()
                || type.isInterface()
                || type.isAnnotation()
                || Modifier.isAbstract(type.getModifiers())) {
            throw unsupported(type, "is abstract and not sealed, so nothing says which class to make", remedy);
        }
        if (type == Object.class) {
            throw unsupported(type, "says nothing about what to store", "use a sealed interface of what can be there");
        }
        if (type.getPackageName().startsWith("java.") || type.getPackageName().startsWith("javax.")) {
            throw unsupported(type, "is a class of the JDK that has no form", remedy);
        }
        boolean isInner = type.isMemberClass() && !Modifier.isStatic(type.getModifiers());
        if (isInner || type.isLocalClass() || type.isAnonymousClass()) {
            throw unsupported(type, "is inside another object or method", "make it static");
        }
        try {
            Constructor<?> constructor = type.getDeclaredConstructor();
            return Access.to(type, lookup).constructor(constructor);
        } catch (NoSuchMethodException none) {
            throw unsupported(type, "has no constructor without arguments", remedy);
        }
    }

    /** The fields that make the state, those of superclasses first. */
    private List<Field> fields(Class<?> type) {
        List<Field> fields = new ArrayList<>();
        Class<?> parent = type.getSuperclass();
        if (parent != null && parent != Object.class) {
            if (parent.getTypeParameters().length > 0 || parent.getPackageName().startsWith("java.")) {
                throw unsupported(type, "extends " + parent.getName() + ", whose fields have no form", "use a record");
            }
            fields.addAll(fields(parent));
        }
        for (Field field : type.getDeclaredFields()) {
            int modifiers = field.getModifiers();
            if (Modifier.isStatic(modifiers) || Modifier.isTransient(modifiers) || field.isSynthetic()) {
                continue;
            }
            if (Modifier.isFinal(modifiers)) {
                throw unsupported(
                        type,
                        "has the final field " + field.getName() + ", which cannot be set",
                        "use a record, or take final away, or mark the field transient");
            }
            if (fields.stream().anyMatch(other -> other.getName().equals(field.getName()))) {
                throw unsupported(type, "has two fields called " + field.getName(), "rename one");
            }
            fields.add(field);
        }
        return fields;
    }

    private UnsupportedTypeException unsupported(Type type, String reason, String remedy) {
        return new UnsupportedTypeException((way.isEmpty() ? "" : String.join(" > ", way) + ": ") + type.getTypeName()
                + " " + reason + "; " + remedy);
    }
}
