package io.flowhub.ephemeral.server.config;

import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.secret.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Detects that the content of files changed. It reads them twice a second instead of using file system events, which miss
 * how Kubernetes replaces a mounted file: it swaps a symbolic link two levels up. A change counts once two polls in a row
 * read the same content of all files, because a file that is written in place is readable while it is incomplete. A file
 * that is missing counts as unchanged, unless a whole directory is watched.
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

    private final String watched;
    private final Listing listing;

    /** Digests of contents, so that large files cost no memory. */
    private Map<Path, ByteBuffer> current = Map.of();

    private Map<Path, ByteBuffer> last = Map.of();
    private final Map<Path, Integer> unreadable = new HashMap<>();

    /** The files as they are now, or null if they cannot be listed. */
    private interface Listing {
        @Nullable
        List<Path> read(FileWatch watch);
    }

    /** Reads the file as the base of comparison. Create the watch before the file is loaded, so that no change is missed. */
    public static FileWatch of(Path file) {
        return of(List.of(file));
    }

    /** Watches files that are loaded together. */
    public static FileWatch of(List<Path> files) {
        List<Path> all = List.copyOf(files);
        return new FileWatch(all.toString(), watch -> all);
    }

    /** Watches the files directly in a directory; those that are added or removed are changes too. */
    public static FileWatch ofDirectory(Path directory, Predicate<Path> files) {
        return new FileWatch(directory.toString(), watch -> watch.list(directory, files));
    }

    private FileWatch(String watched, Listing listing) {
        this.watched = watched;
        this.listing = listing;
        this.current = read();
        this.last = current;
    }

    /** Calls {@code changed} on the scheduler's thread after each change, until the scheduler is shut down. */
    public void start(ScheduledExecutorService scheduler, Runnable changed) {
        var unused = scheduler.scheduleWithFixedDelay(
                () -> poll(changed), PERIOD.toMillis(), PERIOD.toMillis(), TimeUnit.MILLISECONDS);
    }

    void poll(Runnable changed) {
        Map<Path, ByteBuffer> now = read();
        boolean settled = now.equals(last);
        last = now;
        if (settled && !now.equals(current)) {
            current = now;
            try {
                changed.run();
            } catch (RuntimeException e) { // an exception would end the schedule silently
                FAILED.log(log, watched, e);
            }
        }
    }

    private Map<Path, ByteBuffer> read() {
        List<Path> files = listing.read(this);
        if (files == null) {
            return last;
        }
        Map<Path, ByteBuffer> contents = new HashMap<>();
        for (Path file : files) {
            ByteBuffer content = read(file);
            contents.put(file, content != null ? content : last.getOrDefault(file, ByteBuffer.allocate(0)));
        }
        return contents;
    }

    private @Nullable List<Path> list(Path directory, Predicate<Path> files) {
        try (Stream<Path> all = Files.list(directory)) {
            List<Path> present = all.filter(files).toList();
            unreadable
                    .keySet()
                    .retainAll(Stream.concat(Stream.of(directory), present.stream())
                            .toList());
            onReadable(directory);
            return present;
        } catch (IOException | UncheckedIOException e) { // the listing fails unchecked after its first entry
            onUnreadable(directory);
            return null;
        }
    }

    private @Nullable ByteBuffer read(Path file) {
        try {
            if (SmallFile.isOther(file)) { // to open a pipe waits for a writer
                throw new IOException(file + " is no regular file");
            }
            byte[] content = SmallFile.readBeginning(file);
            onReadable(file);
            return ByteBuffer.wrap(Sha256.bytesOf(content));
        } catch (IOException e) {
            onUnreadable(file);
            return null;
        }
    }

    private void onReadable(Path file) {
        if (Objects.requireNonNullElse(unreadable.remove(file), 0) >= REPORTED) {
            READABLE.log(log, file);
        }
    }

    private void onUnreadable(Path file) {
        if (unreadable.merge(file, 1, Integer::sum) == REPORTED) {
            UNREADABLE.log(log, file);
        }
    }
}
