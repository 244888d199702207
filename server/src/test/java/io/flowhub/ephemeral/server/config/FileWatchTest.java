package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
@Tag("slow")
class FileWatchTest {

    @TempDir
    Path folder;

    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private final Semaphore detected = new Semaphore(0);

    @AfterEach
    void stop() {
        scheduler.shutdownNow();
    }

    @Test
    void everyInPlaceWriteIsDetected() throws Exception {
        Path file = Files.writeString(folder.resolve("a.yaml"), "one");
        FileWatch.of(file).start(scheduler, detected::release);

        Files.writeString(file, "two");
        assertDetected();
        Files.writeString(file, "one");
        assertDetected();
    }

    @Test
    void replacedFileIsDetected() throws Exception {
        Path file = Files.writeString(folder.resolve("a.yaml"), "one");
        FileWatch.of(file).start(scheduler, detected::release);

        Path next = Files.writeString(folder.resolve("next"), "two");
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertDetected();
    }

    /** As Kubernetes does: a.yaml -> ..data/a.yaml, ..data -> a folder per version. */
    @Test
    void symbolicLinkSwappedTwoLevelsUpIsDetected() throws Exception {
        for (String version : new String[] {"v1", "v2"}) {
            Files.writeString(Files.createDirectory(folder.resolve(version)).resolve("a.yaml"), version);
        }
        Path data = Files.createSymbolicLink(folder.resolve("..data"), Path.of("v1"));
        Path file = Files.createSymbolicLink(folder.resolve("a.yaml"), Path.of("..data", "a.yaml"));
        FileWatch.of(file).start(scheduler, detected::release);

        Path next = Files.createSymbolicLink(folder.resolve("..next"), Path.of("v2"));
        Files.move(next, data, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        assertDetected();
    }

    @Test
    void changeBetweenLoadingAndWatchingIsDetected() throws Exception {
        Path file = Files.writeString(folder.resolve("a.yaml"), "one");
        FileWatch watch = FileWatch.of(file);
        Files.writeString(file, "two");

        watch.start(scheduler, detected::release);
        assertDetected();
    }

    @Test
    void incompleteFileIsNotReported() throws IOException {
        Path file = Files.writeString(folder.resolve("a.yaml"), "one");
        FileWatch watch = FileWatch.of(file);
        AtomicInteger changes = new AtomicInteger();

        for (String growing : new String[] {"", "t", "two"}) {
            Files.writeString(file, growing);
            watch.poll(changes::incrementAndGet);
            assertThat(changes).hasValue(0);
        }
        watch.poll(changes::incrementAndGet);
        watch.poll(changes::incrementAndGet);
        assertThat(changes).hasValue(1);
    }

    @Test
    void brieflyMissingFileCountsAsUnchanged() throws IOException {
        Path file = Files.writeString(folder.resolve("a.yaml"), "one");
        FileWatch watch = FileWatch.of(file);
        AtomicInteger changes = new AtomicInteger();

        Files.delete(file);
        watch.poll(changes::incrementAndGet);
        watch.poll(changes::incrementAndGet);
        Files.writeString(file, "one");
        watch.poll(changes::incrementAndGet);
        watch.poll(changes::incrementAndGet);
        assertThat(changes).hasValue(0);
    }

    @Test
    void failingListenerIsCalledForTheNextChange() throws Exception {
        Path file = Files.writeString(folder.resolve("a.yaml"), "one");
        FileWatch.of(file).start(scheduler, () -> {
            detected.release();
            throw new IllegalStateException("planted");
        });

        Files.writeString(file, "two");
        assertDetected();
        Files.writeString(file, "three");
        assertDetected();
    }

    private void assertDetected() throws InterruptedException {
        assertThat(detected.tryAcquire(30, TimeUnit.SECONDS)).isTrue();
    }
}
