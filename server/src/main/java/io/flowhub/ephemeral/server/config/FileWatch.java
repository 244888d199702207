package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.event.LogEvent;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects that the content of files changed. It reads them twice a second instead of using file system events, which miss
 * how Kubernetes replaces a mounted file: it swaps a symbolic link two levels up. A change counts once two polls in a row
 * read the same content of all files, because a file that is written in place is readable while it is incomplete. A file
 * that is missing counts as unchanged.
 */
public final class FileWatch {

    private static final Logger log = LoggerFactory.getLogger(FileWatch.class);
    private static final LogEvent FAILED = LogEvent.error("reload_failed", "Reload of {files} failed");
    private static final LogEvent READABLE = LogEvent.info("file_readable", "{file} can be read again");
    private static final LogEvent UNREADABLE = LogEvent.warn(
            "file_unreadable", "{file} cannot be read any more; what was read of it before stays in force");

    private static final Duration PERIOD = Duration.ofMillis(500);

    /** Polls in a row without a file before it is reported: an editor that replaces it removes it for a moment. */
    private static final int REPORTED = 3;

    private final List<Path> files;
    private List<ByteBuffer> current;
    private List<ByteBuffer> last;
    private final Map<Path, Integer> unreadable = new HashMap<>();

    /** Reads the file as the base of comparison. Create the watch before the file is loaded, so that no change is missed. */
    public static FileWatch of(Path file) {
        return of(List.of(file));
    }

    /** Watches files that are loaded together. */
    public static FileWatch of(List<Path> files) {
        return new FileWatch(files);
    }

    private FileWatch(List<Path> files) {
        this.files = List.copyOf(files);
        this.last = Collections.nCopies(files.size(), ByteBuffer.allocate(0));
        this.current = read();
        this.last = current;
    }

    /** Calls {@code changed} on the scheduler's thread after each change, until the scheduler is shut down. */
    public void start(ScheduledExecutorService scheduler, Runnable changed) {
        var unused = scheduler.scheduleWithFixedDelay(
                () -> poll(changed), PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void poll(Runnable changed) {
        List<ByteBuffer> now = read();
        boolean settled = now.equals(last);
        last = now;
        if (settled && !now.equals(current)) {
            current = now;
            try {
                changed.run();
            } catch (RuntimeException e) { // an exception would end the schedule silently
                FAILED.log(log, files, e);
            }
        }
    }

    private List<ByteBuffer> read() {
        List<ByteBuffer> contents = new ArrayList<>();
        for (int i = 0; i < files.size(); i++) {
            contents.add(read(files.get(i), last.get(i)));
        }
        return contents;
    }

    private ByteBuffer read(Path file, ByteBuffer last) {
        try {
            ByteBuffer content = ByteBuffer.wrap(SmallFile.readBeginning(file));
            if (Objects.requireNonNullElse(unreadable.remove(file), 0) >= REPORTED) {
                READABLE.log(log, file);
            }
            return content;
        } catch (IOException e) {
            if (unreadable.merge(file, 1, Integer::sum) == REPORTED) {
                UNREADABLE.log(log, file);
            }
            return last;
        }
    }
}
