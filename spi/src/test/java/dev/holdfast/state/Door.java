package dev.holdfast.state;

import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;

/** The ways to the same operations: each space, through the blocking and the asynchronous door. */
enum Door {
    ROOT,
    ROOT_ASYNC,
    SCOPE,
    SCOPE_ASYNC,
    FENCED,
    FENCED_ASYNC;

    KeyedState open(StateBackend backend) {
        return switch (this) {
            case ROOT -> backend;
            case ROOT_ASYNC -> async(StateBackend.class, backend, backend.async());
            case SCOPE -> backend.scope("orders/7");
            case SCOPE_ASYNC -> scope(backend.scope("orders/7"));
            case FENCED -> backend.scope("orders/7").takeOver();
            case FENCED_ASYNC -> fenced(backend.scope("orders/7").takeOver());
        };
    }

    boolean isRoot() {
        return this == ROOT || this == ROOT_ASYNC;
    }

    /** The scope, by its asynchronous door where there is one. */
    static Scope scope(Scope scope) {
        return async(Scope.class, scope, scope.async());
    }

    static FencedScope fenced(FencedScope scope) {
        return async(FencedScope.class, scope, scope.async());
    }

    /** A blocking face that goes through the asynchronous twins of its methods, and shows their errors unwrapped. */
    private static <F> F async(Class<F> face, F blocking, Object async) {
        return face.cast(Proxy.newProxyInstance(face.getClassLoader(), new Class<?>[] {face}, (proxy, method, args) -> {
            Method twin = twin(async.getClass(), method);
            try {
                if (twin == null) {
                    return method.invoke(blocking, args);
                }
                CompletionStage<?> stage = (CompletionStage<?>) twin.invoke(async, args);
                Object answer = stage.toCompletableFuture().join();
                return answer;
            } catch (InvocationTargetException | CompletionException wrapped) {
                throw wrapped.getCause();
            }
        }));
    }

    private static Method twin(Class<?> async, Method method) {
        for (Method candidate : async.getMethods()) {
            if (candidate.getName().equals(method.getName())
                    && !candidate.isBridge()
                    && CompletionStage.class.isAssignableFrom(candidate.getReturnType())
                    && java.util.Arrays.equals(candidate.getParameterTypes(), method.getParameterTypes())) {
                candidate.setAccessible(true);
                return candidate;
            }
        }
        return null;
    }
}
