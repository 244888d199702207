package io.flowhub.ephemeral.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.OutputStreamAppender;
import io.flowhub.ephemeral.server.fixture.Eventually;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** The lines that the configuration of the release writes. */
@Tag("unit")
@Tag("quick")
class LogFormatTest {

    private final LoggerContext context = new LoggerContext();
    private final ByteArrayOutputStream written = new ByteArrayOutputStream();

    @BeforeEach
    void configureAsReleased() throws Exception {
        context.setMDCAdapter(new LogbackMDCAdapter());
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        ((OutputStreamAppender<ILoggingEvent>) root.getAppender("stderr")).setOutputStream(written);
    }

    private static void shorten(TurboFilter filter) {
        ((FloodFilter) filter).setSeconds(1);
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    private List<String> lines() {
        return written.toString(StandardCharsets.UTF_8).lines().toList();
    }

    @Test
    void textOfAPeerIsNoLineOfItsOwn() {
        String forged = "GET /\r\n2026-01-01T00:00:00.000Z INFO  Server Stopped\u001b[2J\u2028\u202eabc";
        context.getLogger("a.B")
                .warn(forged, new IllegalStateException(forged, new RuntimeException("cause\n" + forged)));

        String escaped = "GET /\\u000d\\n2026-01-01T00:00:00.000Z INFO  Server Stopped\\u001b[2J\\u2028\\u202eabc";
        assertThat(lines())
                .singleElement()
                .asString()
                .endsWith(" WARN  B " + escaped + ": IllegalStateException: " + escaped + ": RuntimeException: cause\\n"
                        + escaped);
        context.getLogger("a.B").error("e", new IllegalStateException(forged));
        assertThat(lines().subList(2, lines().size()))
                .hasSizeBetween(3, 50)
                .allMatch(line -> line.startsWith("\t"))
                .anyMatch(line -> line.contains("LogFormatTest.textOfAPeerIsNoLineOfItsOwn"));
    }

    @Test
    void longTextIsCut() {
        context.getLogger("a.B").info("x".repeat(1_000_000));

        assertThat(lines()).singleElement().asString().hasSizeLessThan(5_000).endsWith("x... (1000000 characters)");
    }

    @Test
    void floodOfOneLoggerIsCountedAndHidesNoOther() {
        context.getTurboFilterList().forEach(LogFormatTest::shorten);
        Logger flooded = context.getLogger("a.Flooded");
        for (int i = 0; i < 1_000; i++) {
            flooded.warn("line {}", i, new IllegalStateException("e"));
            flooded.debug("not enabled");
        }
        context.getLogger("a.Other").info("other");

        assertThat(lines()).hasSize(11).last().asString().endsWith("INFO  Other other");
        Eventually.within(
                Duration.ofSeconds(30),
                "the count",
                () -> lines().size() == 12
                        && lines().get(11).endsWith("WARN  Flooded 990 further lines in 1 s are suppressed"));
        flooded.info("again");
        assertThat(lines()).hasSize(13);
    }
}
