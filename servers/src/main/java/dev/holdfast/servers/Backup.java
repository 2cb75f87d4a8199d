package dev.holdfast.servers;

import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.sql.Connection;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;

/** A copy of a running PostgreSQL server's data, made as {@code pg_basebackup} does, which the artifacts do not have. */
final class Backup {
    private static final int RENAMED_IN = 15;

    private Backup() {}

    static void copy(Connection superuser, Path data, Path copy) throws IOException, SQLException {
        boolean renamed = superuser.getMetaData().getDatabaseMajorVersion() >= RENAMED_IN;
        try (Statement statement = superuser.createStatement()) {
            statement.execute(
                    renamed
                            ? "SELECT pg_backup_start('holdfast', true)"
                            : "SELECT pg_start_backup('holdfast', true, false)");
            copyFiles(data, copy);
            String stop = renamed ? "pg_backup_stop(false)" : "pg_stop_backup(false, false)";
            try (ResultSet row = statement.executeQuery("SELECT labelfile FROM " + stop)) {
                row.next();
                Files.writeString(copy.resolve("backup_label"), row.getString(1));
            }
        }
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        Files.setPosixFilePermissions(to, PosixFilePermissions.fromString("rwx------"));
        Files.walkFileTree(from, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path folder, BasicFileAttributes attributes) throws IOException {
                if (!folder.equals(from)) {
                    Files.copy(folder, to.resolve(from.relativize(folder)), StandardCopyOption.COPY_ATTRIBUTES);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                // Those two speak of the running server.
                String name = file.getFileName().toString();
                if (!name.equals("postmaster.pid") && !name.equals("postmaster.opts")) {
                    try {
                        Files.copy(file, to.resolve(from.relativize(file)), StandardCopyOption.COPY_ATTRIBUTES);
                    } catch (NoSuchFileException removedMeanwhile) {
                        return FileVisitResult.CONTINUE;
                    }
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFileFailed(Path file, IOException e) throws IOException {
                if (e instanceof NoSuchFileException) {
                    return FileVisitResult.CONTINUE;
                }
                throw e;
            }
        });
    }
}
