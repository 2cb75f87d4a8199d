package dev.holdfast.servers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * Who runs PostgreSQL, which refuses root. Root therefore runs it in a user namespace of its own, where it is nobody, or, where that is
 * not allowed (as in many containers), really as the user nobody. All ways replace the process, so that its id stays.
 */
enum PostgresUser {
    MYSELF(""),
    NAMESPACE("unshare -U"),
    NOBODY("setpriv --reuid=65534 --regid=65534 --clear-groups");

    private static final class Lazy {
        static final PostgresUser CHOSEN = choose();
    }

    private final String prefix;

    PostgresUser(String prefix) {
        this.prefix = prefix;
    }

    static PostgresUser get() {
        return Lazy.CHOSEN;
    }

    List<String> command(List<String> words) {
        return Stream.concat(prefix.lines().flatMap(line -> Stream.of(line.split(" ", -1))), words.stream())
                .toList();
    }

    /** Gives the folder and all in it to the user. */
    void own(Path folder) {
        if (this != NOBODY) {
            return;
        }
        try (Stream<Path> all = Files.walk(folder)) {
            UserPrincipal nobody =
                    folder.getFileSystem().getUserPrincipalLookupService().lookupPrincipalByName("65534");
            for (Path path : (Iterable<Path>) all::iterator) {
                Files.setOwner(path, nobody);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static PostgresUser choose() {
        if (!run(List.of("id", "-u")).equals("0")) {
            return MYSELF;
        }
        List<String> failures = new ArrayList<>();
        for (PostgresUser user : List.of(NAMESPACE, NOBODY)) {
            try {
                if (!run(user.command(List.of("id", "-u"))).equals("0")) {
                    return user;
                }
            } catch (ServerException | UncheckedIOException e) {
                failures.add(String.valueOf(e.getMessage()));
            }
        }
        throw new ServerException(
                "PostgreSQL refuses to run as root, and neither unshare nor setpriv works here: " + failures);
    }

    private static String run(List<String> command) {
        return ServerProcess.run(command, Map.of()).strip();
    }
}
