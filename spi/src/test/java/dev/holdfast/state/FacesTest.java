package dev.holdfast.state;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.holdfast.lock.ForwardingLockStore;
import dev.holdfast.lock.LockStore;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Twins stay twins: a method added to one side is missed on the other here, not in production. */
class FacesTest {

    @Test
    void forwardingStores_forwardEveryMethodOfTheirPort() {
        assertForwards(StateStore.class, ForwardingStateStore.class);
        assertForwards(LockStore.class, ForwardingLockStore.class);
    }

    private static void assertForwards(Class<?> port, Class<?> forwarding) {
        for (Method method : port.getMethods()) {
            if (!Modifier.isStatic(method.getModifiers())) {
                assertDoesNotThrow(
                        () -> forwarding.getDeclaredMethod(method.getName(), method.getParameterTypes()),
                        () -> forwarding.getSimpleName() + " does not forward " + method);
            }
        }
    }

    @Test
    void everyBlockingMethod_hasAnAsynchronousTwin() {
        assertTwins(KeyedState.class, AsyncState.class, List.of());
        assertTwins(StateBackend.class, AsyncStateBackend.class, List.of("async", "scope", "scopes", "over"));
        assertTwins(Scope.class, AsyncScope.class, List.of("async", "name", "batch"));
    }

    private static void assertTwins(Class<?> blocking, Class<?> async, List<String> without) {
        for (Method method : blocking.getMethods()) {
            if (method.isDefault()
                    || without.contains(method.getName())
                    || Stream.class.isAssignableFrom(method.getReturnType())) {
                continue;
            }
            Method twin = assertDoesNotThrow(
                    () -> async.getMethod(method.getName(), method.getParameterTypes()),
                    () -> async.getSimpleName() + " has no twin of " + method);
            assertEquals(CompletionStage.class, twin.getReturnType(), twin::toString);
        }
    }
}
