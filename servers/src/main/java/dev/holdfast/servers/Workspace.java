package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;

/**
 * Where servers live: a folder of this user in {@code java.io.tmpdir}. Below it {@code cache} has the unpacked programs and {@code ports}
 * the locks on ports, shared by all JVMs of the user, and {@code run} has a folder for each server.
 *
 * <p>Everybody may read it, because a server that root starts may run as another user.
 */
final class Workspace {
    private static final Set<PosixFilePermission> READABLE = PosixFilePermissions.fromString("rwxr-xr-x");
    private static final AtomicInteger SERVERS = new AtomicInteger();

    private Workspace() {}

    static Path cache() throws IOException {
        return folder(root().resolve("cache"));
    }

    /** The file in which ports are locked. */
    static Path ports() throws IOException {
        return root().resolve("ports");
    }

    /** A new folder for one server. */
    static Path newRun(String name) {
        try {
            Path runs = folder(root().resolve("run"));
            String unique = ProcessHandle.current().pid() + "-" + SERVERS.incrementAndGet() + "-";
            // The random part is for JVMs of different process namespaces that share the folder.
            Path run = Files.createTempDirectory(runs, name + "-" + unique);
            Files.setPosixFilePermissions(run, READABLE);
            return run;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Where the server of this folder logs: there, to be deleted with it, unless the system property {@code holdfast.servers.logs} names a
     * folder where logs are kept.
     */
    static Path log(Path run) {
        String kept = System.getProperty("holdfast.servers.logs");
        try {
            return kept == null
                    ? run.resolve("server.log")
                    : Files.createDirectories(Path.of(kept)).toAbsolutePath().resolve(run.getFileName() + ".log");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Deletes the folder and all in it; what a dying server takes away at the same time is no error. */
    static void delete(Path folder) {
        try (Stream<Path> all = Files.walk(folder)) {
            List<Path> deepestFirst = all.sorted(Comparator.reverseOrder()).toList();
            for (Path path : deepestFirst) {
                Files.deleteIfExists(path);
            }
        } catch (NoSuchFileException goneAlready) {
            // That is what was wanted.
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static Path root() throws IOException {
        String user = System.getProperty("user.name", "").replaceAll("[^a-zA-Z0-9]", "_");
        Path tmp = Path.of(System.getProperty("java.io.tmpdir"));
        Path root = folder(tmp.resolve("holdfast-servers-" + user));
        // Programs are run from here, so nobody else may have made it.
        Path probe = Files.createTempFile(root, "owner", null);
        UserPrincipal me = Files.getOwner(probe);
        Files.delete(probe);
        if (!Files.getOwner(root).equals(me)) {
            throw new ServerException(root + " belongs to " + Files.getOwner(root) + ", not to " + me
                    + "; delete it, or set -Djava.io.tmpdir to another folder");
        }
        return root;
    }

    private static Path folder(Path path) throws IOException {
        if (!Files.isDirectory(path)) {
            Files.createDirectories(path);
            Files.setPosixFilePermissions(path, READABLE);
        }
        return path;
    }
}
