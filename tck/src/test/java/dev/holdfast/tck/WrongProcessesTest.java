package dev.holdfast.tck;

import static dev.holdfast.tck.WrongBackend.Depth.FAILOVER;

import dev.holdfast.tck.FileBackend.Mistake;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Each backend that is wrong between processes must break its rules, and the right one none. Every rule starts a JVM. */
@Tag("faults")
class WrongProcessesTest {

    static Stream<WrongBackend> wrongBackends() {
        return Stream.of(
                wrong(Mistake.KEPT_BY_EACH_PROCESS, "P40"),
                wrong(Mistake.VERSIONS_CHANGE_BY_THEMSELVES, "P41,P42"),
                wrong(Mistake.CACHED_AND_NOT_COMPARED, "P43"),
                wrong(Mistake.LOCKS_END_WHEN_NOBODY_WRITES, "P44"));
    }

    private static WrongBackend wrong(Mistake mistake, String rules) {
        return new WrongBackend(
                "a store of files: " + RuleNames.words(mistake), FAILOVER, rules, () -> subject(mistake));
    }

    private static TckSubject subject(Mistake mistake) {
        try {
            Path file = Files.createTempFile("holdfast-", ".map");
            file.toFile().deleteOnExit();
            return TckSubject.open("files:" + mistake + file);
        } catch (IOException full) {
            throw new UncheckedIOException(full);
        }
    }

    @ParameterizedTest
    @MethodSource("wrongBackends")
    void everyWrongBackend_isFoundOut(WrongBackend wrong) {
        wrong.assertIsFoundOut();
    }

    @Test
    void theRightBackend_breaksNone() {
        WrongBackendsTest.assertHold("P40,P41,P42,P43,P44", subject(Mistake.NONE));
    }
}
