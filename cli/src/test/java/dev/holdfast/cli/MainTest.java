package dev.holdfast.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MainTest {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "dmeo | there is no command \"dmeo\"",
                "demo --fast | demo does not know \"--fast\"",
                "help me | there is no help for \"me\"",
                "version 2 | version takes nothing, but was given \"2\"",
                "demo --backend nosuch: | nosuch",
                "demo --backend redsi | \"redsi\" is neither a URL, as memory:x",
                "demo --kill-server | --kill-server kills only a server that was started for this run; give one of --backend redis",
                "demo --backend memory:x --lease 1 | --lease must be from 100 to 60000, was 1",
                "bench --quick | bench comes with contenders that are downloaded for it",
                "tck | tck needs the URL of a backend",
                "tck nosuch:x | nosuch",
                "tck memory:x memory:y | tck takes one URL and was given another",
                "tck memory:x --profile hard | --profile must be core, faults or soak, was \"hard\"",
                "tck memory:x --rule c5 | --rule needs numbers of rules, as in C05 or C05,G01, not \"c5\"",
                "tck memory:x --rule S99 | --rule names S99, which is not in the kit; docs/contract.md lists its rules",
                "tck memory:x --rule P01 | --rule names P01, which needs a store that fails; add --profile faults",
                "tck memory:x --minutes 5 | --minutes is for --profile soak",
                "tck memory:x --histories target/h --profile faults | --histories is for --profile soak",
                "tck memory:x --seed abc | --seed needs a whole number, not \"abc\"",
                "tck memory:x --report target | --report names \"target\", which cannot be written",
                "tck memory:x --report pom.xml/page.html | --report names \"pom.xml/page.html\", which cannot be written",
                "tck memory:x --profile soak --histories pom.xml/h | --histories needs the folder \"pom.xml/h\"",
                "tck memory:x --classpath= | --classpath names \"\", which is not there",
                "tck memory:x --profile soak --rule S01 | --profile soak runs no rules: it takes neither --rule nor --report",
                "tck memory:x --profile soak --report a.html | --profile soak runs no rules",
                "tck memory:x --faults proxy | --faults proxy needs a URL with an address",
                "tck redis+cluster://a:1,b:2 --faults proxy | --faults proxy stands before one address",
                "tck other://a/x --faults proxy | --faults proxy needs the port of other: in the URL",
                "tck memory:x --faults java.lang.String | --faults names java.lang.String, which does not implement",
                "tck memory:x --faults no.Such | --faults must be proxy, or a class on --classpath that implements",
                "tck memory:x --faults proxy --profile core | --faults is of no use to --profile core",
                "tck redis --faults proxy | --faults is for a URL; servers started as redis can be broken anyway",
                "tck memory:x --rate 0 | --rate must be from 1 to 100000, was 0",
                "tck memory:x --minutes 0 | --minutes must be from 1 to 10000, was 0",
                "tck memory:x --classpath nowhere.jar | --classpath names \"nowhere.jar\", which is not there",
                "help me | there is no help for \"me\"",
                "demo --backend memory:x?leese=1s | leese"
            })
    void wrongCommandLines_exitWith2AndSayWhy(String line, String message) throws InterruptedException {
        assertEquals(2, run(List.of(line.split(" "))));
        String said = errors.toString(StandardCharsets.UTF_8);
        assertTrue(said.startsWith("holdfast: ") && said.contains(message), said);
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }

    /** A URL may stand where it does not belong. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "redis://u:s3cret@h",
                "tck memory:x acme://h?token=s3cret",
                "tck --url=acme://h?token=s3cret",
                "tck acme//u@h?token=s3cret",
                "tck acme://h?to@ken=s3cret",
                "demo acme://u:s3cret@h",
                "demo --backend acme//u@h?token=s3cret",
                "check --token=s3cret",
                "tck acme://u:s3cret@h/x --profile soak",
                "tck acme://u:s3cret@h,i:1/x --faults proxy"
            })
    void wrongCommandLines_tellNoSecrets(String line) throws InterruptedException {
        assertEquals(2, run(List.of(line.split(" "))));
        String said = errors.toString(StandardCharsets.UTF_8) + out.toString(StandardCharsets.UTF_8);
        assertTrue(said.startsWith("holdfast: ") && !said.contains("s3cret"), said);
    }

    /** Before anything else is begun, and without the password. */
    @ParameterizedTest
    @ValueSource(strings = {"demo --backend", "tck"})
    void aServerThatIsNotThere_exitsWith1AndSaysSo(String command) throws InterruptedException {
        List<String> line = new ArrayList<>(List.of(command.split(" ")));
        line.add("postgresql://somebody:s3cret@127.0.0.1:1/shop");
        assertEquals(1, run(line));
        String said = errors.toString(StandardCharsets.UTF_8);
        assertTrue(said.startsWith("holdfast: the store failed: ") && said.contains("127.0.0.1:1"), said);
        assertFalse(said.contains("s3cret"), said);
        assertEquals("", out.toString(StandardCharsets.UTF_8));
    }

    @Test
    void nothing_exitsWith2AndShowsTheCommands() throws InterruptedException {
        assertEquals(2, run(List.of()));
        assertTrue(errors.toString(StandardCharsets.UTF_8).startsWith("usage: holdfast <command>"));
    }

    @Test
    void help_listsEveryOption() throws InterruptedException {
        assertEquals(0, run(List.of("help", "demo")));
        for (String option : List.of(
                "--kill-server",
                "--lease",
                "--records",
                "--unsafe",
                "--workers",
                "--partitions",
                "--chunk",
                "--rate",
                "--seed",
                "--backend")) {
            assertTrue(out.toString(StandardCharsets.UTF_8).contains(option), option);
        }
    }

    @Test
    void version_isThatOfTheBuild() throws InterruptedException {
        assertEquals(0, run(List.of("version")));
        String said = out.toString(StandardCharsets.UTF_8);
        assertTrue(said.matches("holdfast \\d+\\.\\d+\\.\\d+.*, Java .*\\R"), said);
    }

    @Test
    void demo_printsAPageWithoutControlCharactersIfThereIsNoTerminal() throws InterruptedException {
        assertEquals(0, run(List.of("demo", "--rate", "0", "--workers=3", "--backend", "memory:main")));
        String page = out.toString(StandardCharsets.UTF_8);
        assertTrue(page.contains("The ledger is exact. All 1,115 numbers of 223 airports"), page);
        assertTrue(page.contains("1 refused, 0 accepted"), page);
        assertFalse(page.chars().anyMatch(character -> character < ' ' && character != '\n'), page);
        assertTrue(page.lines().allMatch(line -> line.length() <= 100), page);
    }

    private int run(List<String> arguments) throws InterruptedException {
        Screen screen = new Screen(new PrintStream(out, true, StandardCharsets.UTF_8), false, false);
        return Main.run(arguments, screen, new PrintStream(errors, true, StandardCharsets.UTF_8));
    }
}
