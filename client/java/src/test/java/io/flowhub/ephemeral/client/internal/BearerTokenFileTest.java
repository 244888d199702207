package io.flowhub.ephemeral.client.internal;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class BearerTokenFileTest {

    @TempDir
    Path dir;

    @Test
    void replacedTokenIsSentAfterAMinuteAndAMissingFileKeepsTheLast() throws Exception {
        AtomicLong now = new AtomicLong();
        Path file = Files.writeString(dir.resolve("token"), "first\n");
        BearerTokenFile token = new BearerTokenFile(file, now::get);
        Files.writeString(file, "second");
        assertThat(token.get()).isEqualTo("first");

        now.addAndGet(Duration.ofSeconds(61).toNanos());
        assertThat(token.get()).isEqualTo("second");

        Files.delete(file);
        now.addAndGet(Duration.ofSeconds(61).toNanos());
        assertThat(token.get()).isEqualTo("second");
    }
}
