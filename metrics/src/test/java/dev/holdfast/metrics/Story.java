package dev.holdfast.metrics;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes down what is told, with its time, and the lines of the log between. While it is open the log of this JVM goes through it. */
final class Story implements AutoCloseable {
    private static final Pattern LOG_LINE =
            Pattern.compile("\\[[^]]*] (WARN|INFO|ERROR) dev\\.holdfast\\.(\\S+) - (.*)");

    private final long start = System.nanoTime();
    private final PrintStream standardError = System.err;
    private final List<String> lines = new ArrayList<>();
    private final List<String[]> hidden = new ArrayList<>();
    private int logged;

    Story() {
        System.setErr(new PrintStream(
                new ByteArrayOutputStream() {
                    @Override
                    public void flush() {
                        log(takeLines());
                    }

                    private synchronized String takeLines() {
                        String text = toString(UTF_8);
                        reset();
                        return text;
                    }
                },
                true,
                UTF_8));
    }

    /** Shows one text as another. */
    synchronized void hide(String text, String as) {
        hidden.add(new String[] {text, as});
    }

    private synchronized void log(String text) {
        standardError.print(text);
        text.lines().forEach(line -> {
            Matcher matcher = LOG_LINE.matcher(line);
            if (matcher.matches()) {
                logged++;
                tell("log", matcher.group(1) + " " + matcher.group(2) + " - " + matcher.group(3));
            }
        });
    }

    /** How many lines of the log there were. */
    synchronized int logged() {
        return logged;
    }

    synchronized void tell(String who, String what) {
        String shown = what;
        for (String[] pair : hidden) {
            shown = shown.replace(pair[0], pair[1]);
        }
        lines.add(String.format(Locale.ROOT, "%6.1f s  %-7s  %s", (System.nanoTime() - start) / 1e9, who, shown));
    }

    /** Writes the page, if somebody wants it. */
    synchronized void write() throws IOException {
        String file = System.getProperty("holdfast.story");
        if (file == null) {
            return;
        }
        Files.writeString(
                Path.of(file),
                """
                # An outage, as an operator sees it

                A Redis server dies by `kill -9` while eight clients write and one lock is held, and is started again. What follows was told by a run of
                the test that makes it happen; `mvn verify` runs it too, and checks the order. To write this page anew:

                    mvn -q -Pfast -pl metrics -am test -Dtest=OutageStoryTest -Dsurefire.failIfNoSpecifiedTests=false -Dholdfast.story=$PWD/docs/outage.md

                The client is opened with `redis://redis.example:6379?retry=default&retryDeadline=3s&circuitBreaker=on&lease=40s`, a log of slow
                operations from 1 s on, and a lock monitor that looks every half second. *script* is what is done to it; *log* are the lines of the logger
                `dev.holdfast`; *breaker* and *alert* what listeners are told; *meter* lines of a Prometheus scrape; *health* the answers of `health()`, `isReady()` and
                `liveness()`; *client* the errors of writers since the last time.

                ```
                """
                        + String.join("\n", lines)
                        + """

                ```

                ## How to read it

                * The first to speak are a renewal that came due and the monitor with its next look. The writers follow when the client has looked for the server in vain
                  (`commandTimeout`) as often as the layer repeats (`retryDeadline`): *not applied*, so nothing was written, and it is safe to try again. A reply that was on its
                  way when the server died is *unknown*.
                * `pool_hits` is raised too: connections that cannot be made are not ready when wanted.
                * When half of what the breaker saw in its window has failed it opens: from then on writers are refused at once, and told when to come back. Half open,
                  it lets some try, and opens again while the server is away.
                * The lock is kept: its lease lasts on the server's disk and by the holder's own clock. Renewals pass the open breaker, fail, and are repeated. Had the
                  outage lasted longer than what was left, the guard would have gone LOST before anybody else could have had the lock.
                * *live* stays true: to start the process anew would help nobody, and lose the lock. *ready* is false: send work elsewhere.
                * When the server is back the breaker closes after five operations that succeed, the lock is renewed, and the alert ends. No lock was lost.
                """);
    }

    @Override
    public void close() {
        System.setErr(standardError);
    }
}
