package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.servers.RedisOptions;
import dev.holdfast.servers.RedisServer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(100)
class TckCommandTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    @TempDir
    private Path folder;

    @Test
    void rulesThatHold_exitWith0() throws InterruptedException, IOException {
        Path report = folder.resolve("report.html");
        assertEquals(0, run("tck", "memory:right", "--rule=S01,S04,T20", "--report", report.toString(), "--seed=5"));
        assertTrue(out().contains("The report is in " + report), out());
        String page = Files.readString(report);
        assertTrue(page.contains("Holdfast TCK of memory:right") && page.contains("conformant"), page);
        assertTrue(page.contains("<dd>5</dd>"), page);
    }

    @Test
    void aRuleThatDoesNotHold_exitsWith1AndIsNamed() throws InterruptedException, IOException {
        Path report = folder.resolve("report.html");
        assertEquals(1, run("tck", "forgetful:x", "--rule", "S01,S04", "--report", report.toString(), "--seed=5"));
        assertTrue(out().contains("FAIL S04 "), out());
        String page = Files.readString(report);
        assertTrue(page.contains("BROKEN: 1 rule does not hold"), page);
        String replay = "./holdfast tck forgetful:x --rule S04 --seed 5";
        assertTrue(page.contains(replay) && out().contains("replay: " + replay), out() + page);
    }

    /** What a stranger's scheme calls its secrets nobody knows. */
    @Test
    void whatMayBeSecretInAUrl_isInNothingThatIsPrinted() throws InterruptedException, IOException {
        Path report = folder.resolve("report.html");
        String url = "forgetful://s3cret:s3cr@t@host/x?token=s3cret";
        assertEquals(1, run("tck", url, "--rule", "S01,S04", "--report", report.toString(), "--seed=5"), this::out);
        String page = Files.readString(report);
        assertFalse((out() + page).contains("s3cr"), out() + page);
        assertTrue(page.contains("Holdfast TCK of forgetful://...@host/x?..."), page);
        String replay = "./holdfast tck 'the URL forgetful://...@host/x?... in full' --rule S04 --seed 5";
        assertTrue(out().contains("replay: " + replay), out());
        assertTrue(page.contains(replay.replace("'", "&#39;")) || page.contains(replay), page);
    }

    /** Found before the run and not after it; also where the folder is good and the file is not. */
    @Test
    void aPageThatCannotBeWritten_exitsWith2AndRunsNothing() throws InterruptedException, IOException {
        Path astray = Files.createSymbolicLink(folder.resolve("page.html"), Path.of("nowhere", "page.html"));
        assertEquals(2, run("tck", "memory:right", "--rule=S01", "--report", astray.toString()), this::out);
        assertTrue(out().contains("--report names \"" + astray + "\", which cannot be written"), out());
    }

    /** The layer is on the class path of the command, so a URL can be graded as an application has it. */
    @Test
    void aUrlWithCompression_isGradedWithIt() throws InterruptedException {
        String packed = "memory:packed?compression=zstd&compressionThreshold=1";
        assertEquals(0, run("tck", packed, "--rule=S01,S02,C02"));
        assertEquals(2, run("tck", "memory:packed?compression=lz5", "--rule=S01"));
    }

    /** Whose reads throw what no backend should. */
    @Test
    void aBackendThatCannotBeRead_isToldOnceWithItsPlaceAndHasAPage() throws InterruptedException, IOException {
        Path report = folder.resolve("report.html");
        assertEquals(1, run("tck", "forgetful:broken", "--rule", "S01,S02,T01", "--report", report.toString()));
        assertEquals(2, out().split("Caused by: java.lang.NullPointerException: nothing here", -1).length, out());
        assertTrue(out().contains("at " + ForgetfulBackendProvider.class.getName()), out());
        assertTrue(Files.readString(report).contains("NullPointerException: nothing here"), out());
    }

    /** A skip is never green. */
    @Test
    void aRuleThatCouldNotBeRun_exitsWith1() throws InterruptedException {
        assertEquals(1, run("tck", "memory:bare", "--profile", "faults", "--rule", "P03"));
    }

    /** A server that nobody but the proxy can break. */
    @Test
    void faultsByAProxy_areInflictedOnAnyAddress() throws InterruptedException {
        assumeTrue(RedisOptions.defaults().missing().isEmpty(), "there is no Redis for this platform");
        try (RedisServer server = RedisServer.start()) {
            assertEquals(0, run("tck", server.url(), "--faults", "proxy", "--rule", "P09"), this::out);
            // Of its process nobody has told.
            assertEquals(1, run("tck", server.url(), "--faults=proxy", "--rule", "P03"), this::out);
        }
    }

    private int run(String... arguments) throws InterruptedException {
        Screen screen = new Screen(new PrintStream(out, true, StandardCharsets.UTF_8), false, false);
        return Main.run(List.of(arguments), screen, new PrintStream(out, true, StandardCharsets.UTF_8));
    }

    private String out() {
        return out.toString(StandardCharsets.UTF_8);
    }
}
