package io.flowhub.ephemeral.client.internal;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A bearer token in a file that may be replaced while the client runs. Reads it at most once a minute. */
public final class BearerTokenFile implements Supplier<String> {

    private static final long MAX_AGE = Duration.ofMinutes(1).toNanos();

    private final Path file;
    private final LongSupplier nanoTime;
    private volatile Reading last;

    public BearerTokenFile(Path file) {
        this(file, System::nanoTime);
    }

    BearerTokenFile(Path file, LongSupplier nanoTime) {
        this.file = file;
        this.nanoTime = nanoTime;
        try {
            this.last = read();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public String get() {
        Reading present = last;
        if (nanoTime.getAsLong() - present.time > MAX_AGE) {
            try {
                present = read();
            } catch (IOException e) { // The file may be missing while it is replaced.
                present = new Reading(present.token, nanoTime.getAsLong());
            }
            last = present;
        }
        return present.token;
    }

    private Reading read() throws IOException {
        return new Reading(Files.readString(file).strip(), nanoTime.getAsLong());
    }

    private record Reading(String token, long time) {}
}
