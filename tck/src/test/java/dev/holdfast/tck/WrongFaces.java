package dev.holdfast.tck;

import dev.holdfast.backend.Backend;
import dev.holdfast.event.Events;
import dev.holdfast.event.Subscription;
import dev.holdfast.lock.AsyncDistributedLock;
import dev.holdfast.lock.DistributedLock;
import dev.holdfast.lock.LockGroup;
import dev.holdfast.lock.LockGuard;
import dev.holdfast.state.AsyncScope;
import dev.holdfast.state.AsyncState;
import dev.holdfast.state.AsyncStateBackend;
import dev.holdfast.state.Batch;
import dev.holdfast.state.FencedScope;
import dev.holdfast.state.Scope;
import dev.holdfast.state.StateBackend;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A backend some of whose methods are wrong, though the store and the engine below are right: what a wrong engine, a wrong wrapper or a
 * backend that was not built on the ports looks like to its user. What faces hand out, the one locks give guards for example, is wrapped too.
 */
final class WrongFaces {
    /** The more special before the more general. */
    private static final List<Class<?>> FACES = List.of(
            Backend.class,
            StateBackend.class,
            Scope.class,
            FencedScope.class,
            AsyncStateBackend.class,
            AsyncScope.class,
            AsyncState.class,
            Batch.class,
            DistributedLock.class,
            AsyncDistributedLock.class,
            LockGuard.class,
            LockGroup.class,
            Events.class,
            Subscription.class);

    /** What a wrong method does instead. */
    interface Wrong {
        Object answer(FaceCall call) throws Throwable;
    }

    /**
     * A call of a wrong method.
     *
     * @param backend the right one, whose face was called
     * @param face the right face that was called
     */
    record FaceCall(Backend backend, Object face, Method method, List<Object> arguments) {

        /** What the right method does. */
        Object right() throws Throwable {
            return with(arguments.toArray());
        }

        /** What the right method does with other arguments. */
        Object with(Object... others) throws Throwable {
            return invoke(face, method, others);
        }

        // Who makes a method wrong knows the types of its arguments.
        @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
        <T> T argument(int index) {
            return (T) arguments.get(index);
        }

        <T> T face(Class<T> type) {
            return type.cast(face);
        }
    }

    private final Backend backend;
    private final Set<String> methods;
    private final Wrong wrong;

    private WrongFaces(Backend backend, Set<String> methods, Wrong wrong) {
        this.backend = backend;
        this.methods = methods;
        this.wrong = wrong;
    }

    /** The backend with these methods wrong, named as in {@code StateBackend.put}. */
    static Backend of(Backend right, Set<String> methods, Wrong wrong) {
        return (Backend) new WrongFaces(right, methods, wrong).wrapped(right);
    }

    private Object wrapped(Object result) {
        if (result instanceof Optional<?> optional) {
            return optional.map(this::wrapped);
        }
        if (result instanceof List<?> list && list.stream().anyMatch(WrongFaces::hasFaces)) {
            return list.stream().map(this::wrapped).toList();
        }
        return FACES.stream()
                .filter(face -> face.isInstance(result))
                .findFirst()
                .map(face -> proxy(face, result))
                .orElse(result);
    }

    private static boolean hasFaces(Object item) {
        return item instanceof Optional<?> || FACES.stream().anyMatch(face -> face.isInstance(item));
    }

    private Object proxy(Class<?> face, Object right) {
        return Proxy.newProxyInstance(
                WrongFaces.class.getClassLoader(), new Class<?>[] {face}, (self, method, arguments) -> {
                    Object[] given = arguments == null ? new Object[0] : arguments;
                    boolean isWrong = methods.contains(face.getSimpleName() + "." + method.getName());
                    Object result = isWrong
                            ? wrong.answer(new FaceCall(backend, right, method, Arrays.asList(given)))
                            : invoke(right, method, given);
                    return result == right ? self : wrapped(result);
                });
    }

    private static Object invoke(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException thrown) {
            throw thrown.getCause();
        }
    }
}
