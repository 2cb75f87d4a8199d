package dev.holdfast.redis;

import dev.holdfast.config.ConfigException;
import dev.holdfast.config.Settings;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.util.Collection;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManagerFactory;

/** Whom encrypted connections trust. */
final class Tls {
    private Tls() {}

    /** Makes sockets that trust the given authorities, or those of the JVM. Throws {@link ConfigException} for a bad file. */
    static SSLSocketFactory factory(Settings settings) {
        String ca = settings.get(RedisOptions.TLS_CA);
        try {
            SSLContext context = SSLContext.getInstance("TLS");
            context.init(null, ca.isEmpty() ? null : trust(Path.of(ca)).getTrustManagers(), null);
            return context.getSocketFactory();
        } catch (IOException | GeneralSecurityException bad) {
            throw new ConfigException("tlsCa, given " + settings.source(RedisOptions.TLS_CA)
                    + ", is no file of certificates in PEM form: " + ca + " (" + bad.getMessage() + ")");
        }
    }

    private static TrustManagerFactory trust(Path pem) throws IOException, GeneralSecurityException {
        Collection<? extends Certificate> authorities;
        try (InputStream in = Files.newInputStream(pem)) {
            authorities = CertificateFactory.getInstance("X.509").generateCertificates(in);
        }
        if (authorities.isEmpty()) {
            throw new IOException("it has no certificate");
        }
        KeyStore trusted = KeyStore.getInstance(KeyStore.getDefaultType());
        trusted.load(null, null);
        for (Certificate authority : authorities) {
            trusted.setCertificateEntry("authority-" + trusted.size(), authority);
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init(trusted);
        return factory;
    }
}
