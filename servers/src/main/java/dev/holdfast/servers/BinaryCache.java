package dev.holdfast.servers;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.net.URLConnection;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.tukaani.xz.XZInputStream;

/**
 * Programs unpacked from the class path, each once per content: the folder's name is a hash of what was unpacked, so that versions do not
 * meet, and a folder that is there is whole, because it was renamed into place. JVMs that start together wait for the first.
 */
final class BinaryCache {
    /** What an unpacker makes of the resource's bytes. */
    private interface Unpacker {
        void unpack(InputStream resource, Path folder) throws IOException;
    }

    private static final Map<String, Path> KNOWN = new ConcurrentHashMap<>();

    private BinaryCache() {}

    /** The program that the resource is. */
    static Path program(URL resource, String name) {
        return folder(resource, name, (bytes, folder) -> {
                    Path program = folder.resolve(name);
                    Files.copy(bytes, program);
                    Files.setPosixFilePermissions(program, PosixFilePermissions.fromString("rwxr-xr-x"));
                })
                .resolve(name);
    }

    /** The folder with what is in the resource, a tar archive compressed by xz. */
    static Path archive(URL resource, String name) {
        return folder(resource, name, BinaryCache::untar);
    }

    private static Path folder(URL resource, String name, Unpacker unpacker) {
        return KNOWN.computeIfAbsent(resource.toString(), url -> {
            try {
                byte[] bytes = read(resource);
                Path cache = Workspace.cache();
                Path folder = cache.resolve(name + "-" + hash(bytes));
                if (!Files.isDirectory(folder)) {
                    unpackOnce(bytes, cache, folder, unpacker);
                }
                return folder;
            } catch (IOException e) {
                throw new UncheckedIOException("could not unpack " + resource, e);
            }
        });
    }

    private static void unpackOnce(byte[] bytes, Path cache, Path folder, Unpacker unpacker) throws IOException {
        Path lockFile = cache.resolve("lock");
        // The file lock is against other JVMs; within this one it would throw, not wait.
        synchronized (KNOWN) {
            try (FileChannel channel = FileChannel.open(lockFile, StandardOpenOption.CREATE, StandardOpenOption.WRITE);
                    FileLock lock = channel.lock()) {
                if (lock.isValid() && !Files.isDirectory(folder)) {
                    Path half = cache.resolve(folder.getFileName() + ".half");
                    Workspace.delete(half);
                    Files.createDirectory(half);
                    Files.setPosixFilePermissions(half, PosixFilePermissions.fromString("rwxr-xr-x"));
                    unpacker.unpack(new ByteArrayInputStream(bytes), half);
                    Files.move(half, folder, StandardCopyOption.ATOMIC_MOVE);
                }
            }
        }
    }

    private static byte[] read(URL resource) throws IOException {
        URLConnection connection = resource.openConnection();
        // The JDK's cache would keep the jar open, and a jar that Maven replaces under it crashes.
        connection.setUseCaches(false);
        try (InputStream stream = connection.getInputStream()) {
            return stream.readAllBytes();
        }
    }

    private static String hash(byte[] bytes) {
        try {
            return HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes), 0, 8);
        } catch (NoSuchAlgorithmException e) {
            throw new AssertionError("every JDK has SHA-256", e);
        }
    }

    private static void untar(InputStream compressed, Path folder) throws IOException {
        try (TarArchiveInputStream tar = new TarArchiveInputStream(new XZInputStream(compressed))) {
            for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                Path path = folder.resolve(entry.getName()).normalize();
                if (!path.startsWith(folder)) {
                    throw new IOException("the archive names a file outside of it: " + entry.getName());
                }
                if (entry.isDirectory()) {
                    Files.createDirectories(path);
                } else {
                    Files.createDirectories(path.getParent());
                    if (entry.isSymbolicLink()) {
                        Files.createSymbolicLink(path, Path.of(entry.getLinkName()));
                    } else {
                        Files.copy(tar, path);
                        boolean program = (entry.getMode() & 0100) != 0;
                        Files.setPosixFilePermissions(
                                path, PosixFilePermissions.fromString(program ? "rwxr-xr-x" : "rw-r--r--"));
                    }
                }
            }
        }
    }
}
