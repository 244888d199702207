package io.flowhub.ephemeral.server.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Notices that a file's content changed. It reads the file twice a second instead of asking the file system for events:
 * Kubernetes replaces a mounted file by swapping a symbolic link two levels up, which such events miss. A change counts
 * once two looks in a row see the same: a file that is being written in place is seen half-written.
 */
public final class FileWatch {

    private static final Logger log = LoggerFactory.getLogger(FileWatch.class);

    private static final Duration PERIOD = Duration.ofMillis(500);

    private final Path file;
    private byte[] known;
    private byte[] last;

    /** Takes note of what the file holds now. To miss no change, take note first and load the file then. */
    public static FileWatch of(Path file) {
        return new FileWatch(file);
    }

    private FileWatch(Path file) {
        this.file = file;
        this.last = new byte[0];
        this.known = read();
        this.last = known;
    }

    /** Calls {@code changed} on the scheduler's thread after each change, until the scheduler is shut down. */
    public void start(ScheduledExecutorService scheduler, Runnable changed) {
        var unused = scheduler.scheduleWithFixedDelay(
                () -> look(changed), PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void look(Runnable changed) {
        byte[] now = read();
        boolean settled = Arrays.equals(now, last);
        last = now;
        if (settled && !Arrays.equals(now, known)) {
            known = now;
            try {
                changed.run();
            } catch (RuntimeException e) { // which would end the schedule without a word
                log.error("The change of {} was not taken over", file, e);
            }
        }
    }

    /** A file that cannot be read right now (an editor is replacing it) counts as unchanged. */
    private byte[] read() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return last;
        }
    }
}
