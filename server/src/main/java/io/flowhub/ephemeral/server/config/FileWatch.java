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
 * Detects that the content of a file changed. It reads the file twice a second instead of using file system events, which
 * miss how Kubernetes replaces a mounted file: it swaps a symbolic link two levels up. A change counts once two polls in a
 * row read the same content, because a file that is written in place is readable while it is incomplete.
 */
public final class FileWatch {

    private static final Logger log = LoggerFactory.getLogger(FileWatch.class);

    private static final Duration PERIOD = Duration.ofMillis(500);

    private final Path file;
    private byte[] current;
    private byte[] last;

    /** Reads the file as the base of comparison. Create the watch before the file is loaded, so that no change is missed. */
    public static FileWatch of(Path file) {
        return new FileWatch(file);
    }

    private FileWatch(Path file) {
        this.file = file;
        this.last = new byte[0];
        this.current = read();
        this.last = current;
    }

    /** Calls {@code changed} on the scheduler's thread after each change, until the scheduler is shut down. */
    public void start(ScheduledExecutorService scheduler, Runnable changed) {
        var unused = scheduler.scheduleWithFixedDelay(
                () -> poll(changed), PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void poll(Runnable changed) {
        byte[] now = read();
        boolean settled = Arrays.equals(now, last);
        last = now;
        if (settled && !Arrays.equals(now, current)) {
            current = now;
            try {
                changed.run();
            } catch (RuntimeException e) { // an exception would end the schedule silently
                log.error("Reload of {} failed", file, e);
            }
        }
    }

    /** A file that cannot be read (an editor is replacing it) counts as unchanged. */
    private byte[] read() {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            return last;
        }
    }
}
