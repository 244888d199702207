package io.flowhub.ephemeral.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Notices that a file's content changed. It reads the file once a second instead of asking the file system for events:
 * Kubernetes replaces a mounted file by swapping a symbolic link two levels up, which such events miss.
 */
public final class FileWatch {

    private static final Duration PERIOD = Duration.ofSeconds(1);

    private final Path file;
    private final Runnable changed;
    private byte @Nullable [] seen;

    /** Calls {@code changed} on the scheduler's thread after each change, until the scheduler is shut down. */
    public static void start(Path file, ScheduledExecutorService scheduler, Runnable changed) {
        FileWatch watch = new FileWatch(file, changed);
        var unused = scheduler.scheduleWithFixedDelay(
                watch::look, PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    private FileWatch(Path file, Runnable changed) {
        this.file = file;
        this.changed = changed;
        this.seen = read();
    }

    private void look() {
        byte[] now = read();
        if (!Arrays.equals(now, seen)) {
            seen = now;
            changed.run();
        }
    }

    /** A file that cannot be read right now (an editor is replacing it) counts as unchanged. */
    private byte[] read() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return seen == null ? new byte[0] : seen;
        }
    }
}
