package dev.holdfast.compression;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.holdfast.backend.Backend;
import dev.holdfast.backend.Backends;
import dev.holdfast.config.ConfigException;
import dev.holdfast.spi.BackendRejectedException;
import dev.holdfast.spi.Key;
import dev.holdfast.spi.Time;
import dev.holdfast.spi.Version;
import dev.holdfast.state.Stored;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What native code is loaded when, and what is said where it cannot be: each in a JVM of its own, since code once loaded stays. */
class NativeCodeTest {
    private static final Path MAPS = Path.of("/proc/self/maps");

    /** Opens each URL in turn, writes and reads back a value, and prints what became of it and which native code is there. */
    static final class Child {
        private Child() {}

        public static void main(String[] urls) throws IOException {
            for (String url : urls) {
                try (Backend backend = Backends.open(url)) {
                    byte[] value = Records.text(1, 2_000);
                    backend.state().put(Key.of("k"), value);
                    boolean same = Arrays.equals(
                            value, backend.state().get(Key.of("k")).orElseThrow());
                    System.out.println("used " + url + " " + same);
                } catch (ConfigException refused) {
                    System.out.println("refused " + refused.getMessage());
                }
            }
            readZstd();
            System.out.println("loaded "
                    + (Files.exists(MAPS)
                            ? Files.readAllLines(MAPS).stream()
                                    .filter(line -> line.contains(".so"))
                                    .map(line -> line.substring(line.lastIndexOf('/') + 1))
                                    .distinct()
                                    .collect(Collectors.joining(" "))
                            : ""));
        }

        /** Meets a value compressed with Zstandard, if asked to. */
        private static void readZstd() {
            if (Boolean.getBoolean("readZstd")) {
                byte[] room = new byte[32];
                int begin = Envelope.begin(room, ZstdCodec.ID, 0, 10);
                Stored stored = new Stored(Envelope.seal(room, begin + 5), Envelope.ENCODING, Version.fresh());
                try (Decoder decoder = new Decoder(Codecs.discover(), 1_000, Time.system())) {
                    decoder.decode(Key.of("met"), stored, null);
                } catch (BackendRejectedException rejected) {
                    System.out.println("rejected " + rejected.getMessage());
                }
            }
        }
    }

    @TempDir
    Path folder;

    private static String child(List<String> options, String... urls) throws Exception {
        return child(System.getProperty("java.class.path"), options, urls);
    }

    private static String child(String classPath, List<String> options, String... urls) throws Exception {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-cp");
        command.add(classPath);
        command.addAll(options);
        command.add(Child.class.getName());
        command.addAll(List.of(urls));
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertTrue(process.waitFor(60, TimeUnit.SECONDS));
        assertEquals(0, process.exitValue(), said);
        return said;
    }

    @Test
    void nativeCode_isLoadedOnlyForTheCodecInUse() throws Exception {
        assumeTrue(Files.exists(MAPS), "this platform does not tell which libraries a process has loaded");
        String none = child(List.of(), "memory:", "memory:?compression=none");
        assertTrue(none.contains("used memory: true"), none);
        assertFalse(none.contains("zstd") || none.contains("libsnappy") || none.contains("lz4"), none);
        String snappy = child(List.of(), "memory:?compression=snappy");
        assertTrue(snappy.contains("snappy-"), snappy);
        assertFalse(snappy.contains("zstd") || snappy.contains("lz4"), snappy);
        String zstd = child(List.of(), "memory:?compression=zstd");
        assertTrue(zstd.contains("used memory:?compression=zstd true"), zstd);
        assertTrue(zstd.contains("libzstd"), zstd);
        assertFalse(zstd.contains("libsnappy") || zstd.contains("lz4"), zstd);
    }

    @Test
    void missingNativeCode_isSaidWithAWorkingRemedy() throws Exception {
        List<String> broken = List.of("-Djava.io.tmpdir=/proc/nowhere", "-DreadZstd=true");
        String said =
                child(broken, "memory:?compression=zstd", "memory:?compression=snappy", "memory:?compression=lz4");
        assertTrue(
                said.contains("refused compression = 'zstd', given in the URL, cannot be used: zstd cannot load"),
                said);
        assertTrue(said.contains("-DZstdTempFolder="), said);
        assertTrue(said.contains("refused compression = 'snappy', given in the URL, cannot be used"), said);
        assertTrue(said.contains("used memory:?compression=lz4 true"), said);
        assertTrue(
                said.contains("rejected the compressed value at \"met\" cannot be read here: zstd cannot load"), said);

        List<String> remedies = List.of(
                "-Dorg.xerial.snappy.tempdir=" + folder,
                "-DZstdTempFolder=" + folder,
                "-Djava.io.tmpdir=/proc/nowhere");
        String mended = child(remedies, "memory:?compression=snappy", "memory:?compression=zstd");
        assertTrue(mended.contains("used memory:?compression=snappy true"), mended);
        assertTrue(mended.contains("used memory:?compression=zstd true"), mended);
    }

    @Test
    void missingLibraries_areNamedAndNeededByNobodyElse() throws Exception {
        String without = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> !entry.matches(".*(lz4-java|snappy-java|zstd-jni)-[^/\\\\]*\\.jar"))
                .collect(Collectors.joining(File.pathSeparator));
        String said = child(
                without,
                List.of("-DreadZstd=true"),
                "memory:?compression=lz4",
                "memory:?compression=snappy",
                "memory:?compression=zstd",
                "memory:?compression=rle&compressionThreshold=1",
                "memory:");
        for (String artifact :
                List.of("at.yawk.lz4:lz4-java", "org.xerial.snappy:snappy-java", "com.github.luben:zstd-jni")) {
            assertTrue(said.contains("is not on the class path; add the artifact " + artifact), said);
        }
        assertTrue(said.contains("used memory:?compression=rle&compressionThreshold=1 true"), said);
        assertTrue(said.contains("used memory: true"), said);
        assertTrue(said.contains("rejected the compressed value at \"met\" cannot be read here: zstd is not"), said);
    }
}
