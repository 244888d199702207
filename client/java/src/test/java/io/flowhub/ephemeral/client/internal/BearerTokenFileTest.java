package io.flowhub.ephemeral.client.internal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Tag("unit")
class BearerTokenFileTest {

    private static final String RULE = "one line of printable ASCII characters, not empty";

    private final AtomicLong now = new AtomicLong();

    @TempDir
    Path dir;

    @Test
    void replacedTokenIsSentAfterAMinuteAndAMissingFileKeepsTheLast() throws Exception {
        Path file = Files.writeString(dir.resolve("token"), " first\r\n");
        BearerTokenFile token = new BearerTokenFile("bearerTokenFile", file, now::get);
        Files.writeString(file, "second");
        assertThat(token.get()).isEqualTo("first");
        assertThat(afterAMinute(token)).isEqualTo("second");

        Files.delete(file);
        assertThat(afterAMinute(token)).isEqualTo("second");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " \n", "secret\nsecond", "secret\u00e9", "sec ret", "secret\u0000", "\ufeffsecret"})
    void badFileIsRejectedAtTheStartWithoutItsContent(String content) throws Exception {
        Path file = Files.writeString(dir.resolve("token"), content);

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BearerTokenFile("bearerTokenFile", file))
                .withMessage("bearerTokenFile: \"" + file + "\" (expected: " + RULE + ")")
                .withNoCause();
    }

    @Test
    void missingFileIsRejectedAtTheStart() {
        Path file = dir.resolve("missing");

        assertThatIllegalArgumentException()
                .isThrownBy(() -> new BearerTokenFile("bearerTokenFile", file))
                .withMessage("bearerTokenFile: \"" + file + "\" (expected: a readable file)");
    }

    @Test
    void badFileKeepsTheLastTokenAndIsLoggedOnceWithoutItsContent() throws Exception {
        Path file = Files.writeString(dir.resolve("token"), "first");
        BearerTokenFile token = new BearerTokenFile("bearerTokenFile", file, now::get);
        try (Log log = new Log()) {
            for (String bad : List.of("", "secret\nsecond", "secret\u00e9")) {
                Files.writeString(file, bad);
                assertThat(afterAMinute(token)).isEqualTo("first");
            }
            assertThat(log.messages)
                    .containsExactly("bearerTokenFile: \"" + file + "\" (expected: " + RULE
                            + "); the last token is sent until the file is good");

            Files.writeString(file, "second");
            assertThat(afterAMinute(token)).isEqualTo("second");
            Files.delete(file);
            assertThat(afterAMinute(token)).isEqualTo("second");
            assertThat(log.messages).hasSize(2);
        }
    }

    private String afterAMinute(BearerTokenFile token) {
        now.addAndGet(Duration.ofSeconds(61).toNanos());
        return token.get();
    }

    private static final class Log extends Handler implements AutoCloseable {

        private final Logger logger = Logger.getLogger(BearerTokenFile.class.getName());
        private final List<String> messages = new ArrayList<>();

        Log() {
            logger.addHandler(this);
        }

        @Override
        public void publish(LogRecord line) {
            assertThat(line.getThrown()).isNull();
            messages.add(line.getMessage());
        }

        @Override
        public void flush() {}

        @Override
        public void close() {
            logger.removeHandler(this);
        }
    }
}
