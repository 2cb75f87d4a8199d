package dev.holdfast.tck;

import dev.holdfast.spi.Capability;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The rule is about backends that declare all of these. For others it is aborted, and a rule that {@link Lacks} says what they owe. */
@Retention(RetentionPolicy.RUNTIME)
@Target({ElementType.METHOD, ElementType.TYPE})
@interface Requires {
    Capability[] value();
}
