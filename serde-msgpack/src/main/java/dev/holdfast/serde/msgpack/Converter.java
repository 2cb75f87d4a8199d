package dev.holdfast.serde.msgpack;

import java.util.function.Function;

/** What {@link MessagePackSerde.Builder#convert} was given. */
record Converter<T, R>(
        Class<T> type, Class<R> stored, Function<? super T, ? extends R> to, Function<? super R, ? extends T> from) {}
