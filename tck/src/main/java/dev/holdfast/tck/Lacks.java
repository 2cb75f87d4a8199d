package dev.holdfast.tck;

import dev.holdfast.spi.Capability;
import java.lang.annotation.ElementType;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/** The rule is about backends that do not declare this: the twin of the rules that {@link Requires} it. */
@Retention(RetentionPolicy.RUNTIME)
@Target(ElementType.METHOD)
@interface Lacks {
    Capability value();
}
