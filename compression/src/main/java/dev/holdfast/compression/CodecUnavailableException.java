package dev.holdfast.compression;

import org.jspecify.annotations.Nullable;

/** A codec cannot be used in this process: its library or native code is not there. The message tells the remedy. */
public final class CodecUnavailableException extends RuntimeException {
    public CodecUnavailableException(String message, @Nullable Throwable cause) {
        super(message, cause);
    }

    /** Of a library that failed to load. */
    static CodecUnavailableException of(String codec, Error failure, String artifact, String remedy) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        // A class that is not there is named by its path; whatever else fails on the way is about native code.
        boolean absent = failure instanceof NoClassDefFoundError && root instanceof ClassNotFoundException;
        return new CodecUnavailableException(
                absent
                        ? codec + " is not on the class path; add the artifact " + artifact
                        : codec + " cannot load its native code on " + System.getProperty("os.name") + " "
                                + System.getProperty("os.arch") + " (" + root + "); " + remedy,
                failure);
    }
}
