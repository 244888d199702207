package io.flowhub.ephemeral.client.internal;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** A bearer token in a file that may be replaced while the client runs. Reads it at most once a minute. */
public final class BearerTokenFile implements Supplier<String> {

    private static final System.Logger LOG = System.getLogger(BearerTokenFile.class.getName());
    private static final long MAX_AGE = Duration.ofMinutes(1).toNanos();

    private final String setting;
    private final Path file;
    private final LongSupplier nanoTime;
    private volatile Reading last;

    /**
     * Reads the file.
     *
     * @param setting what names the file, for messages
     * @throws IllegalArgumentException if it cannot be read or contains no token; the message has no part of its content
     */
    public BearerTokenFile(String setting, Path file) {
        this(setting, file, System::nanoTime);
    }

    BearerTokenFile(String setting, Path file, LongSupplier nanoTime) {
        this.setting = setting;
        this.file = file;
        this.nanoTime = nanoTime;
        this.last = new Reading(read(), nanoTime.getAsLong(), true);
    }

    @Override
    public String get() {
        Reading present = last;
        return isOld(present) ? readAgain() : present.token;
    }

    private boolean isOld(Reading reading) {
        return nanoTime.getAsLong() - reading.time > MAX_AGE;
    }

    private synchronized String readAgain() {
        Reading present = last;
        if (isOld(present)) { // No other thread has just read it.
            last = replacementOf(present);
        }
        return last.token;
    }

    private Reading replacementOf(Reading present) {
        try {
            return new Reading(read(), nanoTime.getAsLong(), true);
        } catch (IllegalArgumentException e) { // The file may be missing or incomplete while it is replaced.
            if (present.good) {
                LOG.log(
                        System.Logger.Level.WARNING,
                        e.getMessage() + "; the last token is sent until the file is good");
            }
            return new Reading(present.token, nanoTime.getAsLong(), false);
        }
    }

    private String read() {
        String token;
        try {
            token = new String(Files.readAllBytes(file), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            throw rejected("a readable file", e);
        }
        if (!BearerToken.isValid(token)) {
            throw rejected(BearerToken.RULE, null);
        }
        return token;
    }

    private IllegalArgumentException rejected(String expected, @Nullable IOException cause) {
        return new IllegalArgumentException(setting + ": \"" + file + "\" (expected: " + expected + ")", cause);
    }

    /** @param good whether the file contained the token at this time; otherwise it is that of an earlier reading */
    private record Reading(String token, long time, boolean good) {}
}
