package dev.holdfast.servers;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.util.Base64;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;

/**
 * A server's certificate for {@code localhost} and {@code 127.0.0.1}. It signed itself, so it is also what a client must trust. All
 * servers of a JVM have the same; the files are gone with the server they belong to.
 */
public final class Certificate {
    private final Path pem;
    private final Path key;
    private final Path trustStore;
    private final SSLContext context;

    private Certificate(Path pem, Path key, Path trustStore, SSLContext context) {
        this.pem = pem;
        this.key = key;
        this.trustStore = trustStore;
        this.context = context;
    }

    /** The certificate, with its files in the folder. */
    static Certificate in(Path folder) {
        try {
            KeyMaterial material = KeyMaterial.get();
            KeyStore trusted = KeyStore.getInstance("PKCS12");
            trusted.load(null, null);
            trusted.setCertificateEntry(KeyMaterial.ALIAS, material.store().getCertificate(KeyMaterial.ALIAS));
            Path trustStore = folder.resolve("trust.p12");
            try (OutputStream out = Files.newOutputStream(trustStore)) {
                trusted.store(out, KeyMaterial.PASSWORD.toCharArray());
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
            trust.init(trusted);
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, trust.getTrustManagers(), null);
            return new Certificate(
                    write(folder.resolve("server.crt"), "CERTIFICATE", material.certificate()),
                    write(folder.resolve("server.key"), "PRIVATE KEY", material.key()),
                    trustStore,
                    context);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (GeneralSecurityException e) {
            throw new ServerException("could not write a certificate", e);
        }
    }

    /** The certificate in PEM: also what a client names as the authority it trusts. */
    public Path pem() {
        return pem;
    }

    /** The private key in PEM. */
    public Path key() {
        return key;
    }

    /** A PKCS12 trust store with the certificate. */
    public Path trustStore() {
        return trustStore;
    }

    /** The password of {@link #trustStore()}; it protects nothing. */
    public String trustStorePassword() {
        return KeyMaterial.PASSWORD;
    }

    /** A context that trusts this certificate and no other. */
    public SSLContext context() {
        return context;
    }

    private static Path write(Path file, String kind, byte[] der) throws IOException {
        String base64 = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        String text = "-----BEGIN " + kind + "-----\n" + base64 + "\n-----END " + kind + "-----\n";
        return Files.write(file, text.getBytes(StandardCharsets.US_ASCII));
    }
}
