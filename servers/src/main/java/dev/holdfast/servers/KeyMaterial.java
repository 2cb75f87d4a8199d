package dev.holdfast.servers;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/** A private key and its self-signed certificate for the loopback address, made once in this JVM, by the JDK's {@code keytool}. */
record KeyMaterial(KeyStore store) {
    static final String PASSWORD = "loopback";
    static final String ALIAS = "server";

    private static final class Lazy {
        static final KeyMaterial MADE = make();
    }

    static KeyMaterial get() {
        return Lazy.MADE;
    }

    byte[] certificate() throws GeneralSecurityException {
        return store.getCertificate(ALIAS).getEncoded();
    }

    byte[] key() throws GeneralSecurityException {
        return Objects.requireNonNull(store.getKey(ALIAS, PASSWORD.toCharArray()))
                .getEncoded();
    }

    private static KeyMaterial make() {
        Path folder = Workspace.newRun("tls");
        try {
            Path keys = folder.resolve("keys.p12");
            String keytool =
                    Path.of(System.getProperty("java.home"), "bin", "keytool").toString();
            String make = "-genkeypair -keyalg EC -groupname secp256r1 -validity 30 -dname CN=localhost"
                    + " -ext SAN=dns:localhost,ip:127.0.0.1 -ext BC:critical=ca:true"
                    + " -storetype PKCS12 -storepass " + PASSWORD + " -alias " + ALIAS + " -keystore";
            List<String> command = new ArrayList<>(List.of(keytool));
            command.addAll(List.of(make.split(" ")));
            command.add(keys.toString());
            ServerProcess.run(command, Map.of());
            KeyStore store = KeyStore.getInstance("PKCS12");
            try (InputStream in = Files.newInputStream(keys)) {
                store.load(in, PASSWORD.toCharArray());
            }
            return new KeyMaterial(store);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new ServerException("could not make a certificate", e);
        } finally {
            Workspace.delete(folder);
        }
    }
}
