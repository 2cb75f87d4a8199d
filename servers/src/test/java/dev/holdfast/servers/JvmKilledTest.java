package dev.holdfast.servers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What is left of servers when the JVM that started them is killed, and that they also run for a user who is not root. */
class JvmKilledTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String READY = "ready";
    private static final String CLASS_PATH = System.getProperty("java.class.path");

    /** Not JUnit's, which only its owner may enter. */
    private Path tmp;

    @BeforeEach
    void makeFolder() throws Exception {
        tmp = Files.createTempDirectory("holdfast-killed");
        Files.setPosixFilePermissions(tmp, PosixFilePermissions.fromString("rwxrwxrwx"));
    }

    @AfterEach
    void deleteFolder() {
        Workspace.delete(tmp);
    }

    @Test
    void servers_endWithTheirJvmAlsoThosePaused() throws Exception {
        shareCache();
        killAndLook(List.of(), CLASS_PATH);
    }

    @Test
    void servers_runAndEndAsAUserWhoIsNotRoot() throws Exception {
        List<String> nobody = List.of("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups");
        assumeTrue(works(nobody), "only root can become nobody");
        killAndLook(nobody, readableClassPath());
    }

    @Test
    void postgres_runsAsNobodyWhereRootMayNotUseNamespaces() throws Exception {
        assumeTrue(works(List.of("setpriv", "--reuid=65534")), "only root can become nobody");
        shareCache();
        Path unshare = Files.writeString(
                tmp.resolve("unshare"), "#!/bin/sh\necho unshare: Operation not permitted >&2\nexit 1\n");
        assertTrue(unshare.toFile().setExecutable(true));
        killAndLook(List.of("env", "PATH=" + tmp + ":" + System.getenv("PATH")), CLASS_PATH);
    }

    private void killAndLook(List<String> prefix, String classPath) throws Exception {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + tmp,
                "-cp",
                classPath,
                Victim.class.getName()));
        Process jvm = new ProcessBuilder(command).redirectErrorStream(true).start();
        List<Long> pids = new ArrayList<>();
        List<String> output = new ArrayList<>();
        BufferedReader lines = new BufferedReader(new InputStreamReader(jvm.getInputStream(), StandardCharsets.UTF_8));
        for (String line = lines.readLine(); line != null && !line.equals(READY); line = lines.readLine()) {
            output.add(line);
            if (line.startsWith("pid ")) {
                pids.add(Long.valueOf(line.substring(4)));
            }
        }
        assertTrue(pids.size() >= 5, () -> String.join("\n", output));
        assertTrue(pids.stream().allMatch(JvmKilledTest::isThere));
        assertEquals(3, runs());

        jvm.destroyForcibly().waitFor();

        assertTrue(Await.within(SOON, () -> pids.stream().noneMatch(JvmKilledTest::isThere)), pids::toString);
        assertTrue(Await.within(SOON, () -> runs() == 0));
    }

    /** Saves the time of unpacking. */
    private void shareCache() throws IOException {
        PostgresOptions.defaults().programs();
        Path cache = Workspace.cache();
        Path root = Files.createDirectory(tmp.resolve(cache.getParent().getFileName()));
        Files.createSymbolicLink(root.resolve("cache"), cache);
    }

    /** A copy of the class path, since root's own may be in a folder that nobody else can enter. */
    private String readableClassPath() throws IOException {
        Path copies = Files.createDirectory(tmp.resolve("classpath"));
        List<String> copied = new ArrayList<>();
        for (String entry : CLASS_PATH.split(File.pathSeparator, -1)) {
            Path original = Path.of(entry);
            Path copy = copies.resolve(copied.size() + "-" + original.getFileName());
            try (Stream<Path> files = Files.walk(original)) {
                for (Path file : (Iterable<Path>) files::iterator) {
                    Files.copy(file, copy.resolve(original.relativize(file).toString()));
                }
            }
            copied.add(copy.toString());
        }
        return String.join(File.pathSeparator, copied);
    }

    private static boolean isThere(long pid) {
        return ProcessHandle.of(pid).isPresent();
    }

    /** How many servers have a folder. */
    private long runs() {
        try (Stream<Path> files = Files.walk(tmp)) {
            return files.filter(path -> path.getParent().endsWith("run")).count();
        } catch (IOException | UncheckedIOException deletedMeanwhile) {
            return -1;
        }
    }

    private static boolean works(List<String> prefix) {
        List<String> command = new ArrayList<>(prefix);
        command.add("true");
        try {
            return new ProcessBuilder(command).start().waitFor() == 0;
        } catch (IOException notFound) {
            return false;
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
    }

    /** Starts servers, pauses some of them, tells their process ids, and waits to be killed. */
    static final class Victim {
        private Victim() {}

        public static void main(String[] arguments) throws Exception {
            RedisServer redis = RedisServer.start();
            RedisServer paused = RedisServer.start(RedisOptions.defaults().durable());
            PostgresServer postgres = PostgresServer.start();
            List.of(redis.pid(), paused.pid(), postgres.pid()).forEach(Victim::tell);
            ProcessHandle.of(postgres.pid())
                    .orElseThrow()
                    .children()
                    .map(ProcessHandle::pid)
                    .forEach(Victim::tell);
            paused.pause();
            postgres.pause();
            System.out.println(READY);
            System.in.read();
        }

        private static void tell(long pid) {
            System.out.println("pid " + pid);
        }
    }
}
