package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Level;
import io.flowhub.ephemeral.server.fixture.CapturedLog;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
@Tag("slow")
class FileWatchTest {

    @TempDir
    Path folder;

    @AutoClose("shutdownNow")
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();

    private final AtomicInteger changes = new AtomicInteger();
    private Path file;
    private FileWatch watch;

    @BeforeEach
    void load() throws IOException {
        file = Files.writeString(folder.resolve("a.yaml"), "one");
        watch = FileWatch.of(file);
    }

    @Test
    void everyWriteAfterLoadingIsReportedAlsoAfterTheListenerFailed() throws Exception {
        Semaphore detected = new Semaphore(0);
        Files.writeString(file, "two");
        watch.start(scheduler, () -> {
            detected.release();
            throw new IllegalStateException("planted");
        });
        assertThat(detected.tryAcquire(30, TimeUnit.SECONDS)).isTrue();

        Files.writeString(file, "one");
        assertThat(detected.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    }

    @Test
    void replacedFileIsDetected() throws IOException {
        replace(file, Files.writeString(folder.resolve("next"), "two"));
        pollTwice();
        assertThat(changes).hasValue(1);
    }

    /** As Kubernetes does: a.yaml -> ..data/a.yaml, ..data -> a folder per version. */
    @Test
    void symbolicLinkSwappedTwoLevelsUpIsDetected() throws IOException {
        for (String version : List.of("v1", "v2")) {
            Files.writeString(Files.createDirectory(folder.resolve(version)).resolve("a.yaml"), version);
        }
        Path data = Files.createSymbolicLink(folder.resolve("..data"), Path.of("v1"));
        watch = FileWatch.of(Files.createSymbolicLink(folder.resolve("b.yaml"), Path.of("..data", "a.yaml")));

        replace(data, Files.createSymbolicLink(folder.resolve("..next"), Path.of("v2")));
        pollTwice();
        assertThat(changes).hasValue(1);
    }

    @Test
    void incompleteFileIsNotReported() throws IOException {
        for (String growing : List.of("", "t", "two")) {
            Files.writeString(file, growing);
            watch.poll(changes::incrementAndGet);
            assertThat(changes).hasValue(0);
        }
        pollTwice();
        assertThat(changes).hasValue(1);
    }

    @Test
    void brieflyMissingFileCountsAsUnchanged() throws IOException {
        Files.delete(file);
        pollTwice();
        Files.writeString(file, "one");
        pollTwice();
        assertThat(changes).hasValue(0);
    }

    @Test
    void removedFileIsLoggedOnceAndItsReturnIsDetected() throws IOException {
        try (CapturedLog log = CapturedLog.of(FileWatch.class)) {
            for (int i = 0; i < 2; i++) {
                Files.delete(file);
                pollTwice();
                assertThat(log.messages(Level.WARN))
                        .as("an editor may be replacing it")
                        .isEmpty();
                pollTwice();
                pollTwice();
                assertThat(log.messages(Level.WARN))
                        .containsExactly(file + " cannot be read any more; what was read of it before stays in force");
                assertThat(changes).hasValue(i);

                Files.writeString(file, "version " + i);
                pollTwice();
                assertThat(changes).hasValue(i + 1);
                assertThat(log.messages(Level.INFO)).containsExactly(file + " can be read again");
                log.clear();
            }
        }
    }

    @Test
    void fileAddedToAndRemovedFromADirectoryIsDetected() throws IOException {
        watch = directory();
        Path added = Files.writeString(folder.resolve("b.yaml"), "");
        pollTwice();
        assertThat(changes).hasValue(1);

        Files.writeString(added, "three");
        pollTwice();
        assertThat(changes).hasValue(2);

        Files.delete(added);
        pollTwice();
        assertThat(changes).hasValue(3);

        Files.move(file, folder.resolve("c.yaml"));
        pollTwice();
        assertThat(changes).hasValue(4);
    }

    @Test
    void otherFileInADirectoryIsIgnored() throws IOException {
        watch = directory();
        Files.writeString(folder.resolve("README.md"), "two");
        pollTwice();
        assertThat(changes).hasValue(0);
    }

    @Test
    void symbolicLinkOfADirectorySwappedToOneWithOtherFilesIsDetected() throws IOException {
        Files.writeString(Files.createDirectory(folder.resolve("v1")).resolve("a.yaml"), "one");
        Files.writeString(Files.createDirectory(folder.resolve("v2")).resolve("b.yaml"), "one");
        Path current = Files.createSymbolicLink(folder.resolve("current"), Path.of("v1"));
        watch = FileWatch.ofDirectory(current, path -> true);

        replace(current, Files.createSymbolicLink(folder.resolve("next"), Path.of("v2")));
        pollTwice();
        assertThat(changes).hasValue(1);
    }

    @Test
    void removedDirectoryCountsAsUnchangedAndIsLoggedOnce() throws IOException {
        Path inner = Files.createDirectory(folder.resolve("rules"));
        Files.writeString(inner.resolve("a.yaml"), "one");
        watch = FileWatch.ofDirectory(inner, path -> true);
        try (CapturedLog log = CapturedLog.of(FileWatch.class)) {
            Files.move(inner, folder.resolve("away"));
            pollTwice();
            pollTwice();
            assertThat(changes).hasValue(0);
            assertThat(log.messages(Level.WARN))
                    .containsExactly(inner + " cannot be read any more; what was read of it before stays in force");

            Files.move(folder.resolve("away"), inner);
            pollTwice();
            assertThat(changes).hasValue(0);
            assertThat(log.messages(Level.INFO)).containsExactly(inner + " can be read again");
        }
    }

    private FileWatch directory() {
        return FileWatch.ofDirectory(folder, path -> path.toString().endsWith(".yaml"));
    }

    private static void replace(Path replaced, Path next) throws IOException {
        Files.move(next, replaced, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
    }

    private void pollTwice() {
        watch.poll(changes::incrementAndGet);
        watch.poll(changes::incrementAndGet);
    }
}
