package io.flowhub.ephemeral.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import ch.qos.logback.core.OutputStreamAppender;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.fixture.Eventually;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.redisson.client.RedisException;

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
    void eventHasItsNameAndItsFields() {
        LogEvent event = LogEvent.warn("redis_slow", "Redis took {time} for {calls} calls");
        event.log(context.getLogger("a.B"), Duration.ofMillis(250), 3);
        useJson();
        event.log(context.getLogger("a.B"), Duration.ofSeconds(10), 3, new IllegalStateException("e"));

        assertThat(lines().get(0)).endsWith("Z WARN  redis_slow Redis took 250 ms for 3 calls");
        assertThat(lines().get(1))
                .matches("\\{\"time\":\"\\d{4}-\\d\\d-\\d\\dT[\\d:.]{12}Z\",.*")
                .endsWith(
                        ",\"level\":\"WARN\",\"logger\":\"a.B\",\"event\":\"redis_slow\",\"message\":\"Redis took 10 s for"
                                + " 3 calls\",\"fields\":{\"time\":\"10 s\",\"calls\":3},\"error\":\"IllegalStateException: e\"}");
    }

    @Test
    void optionalFieldIsInTheLineOnlyIfItHasAValue() {
        LogEvent event = LogEvent.error("call_failed", "Unexpected error in {method}", "trace_id");
        event.log(context.getLogger("a.B"), "A/B", null);
        event.log(context.getLogger("a.B"), "A/B", "4bf9");
        useJson();
        event.log(context.getLogger("a.B"), "A/B", null);
        event.log(context.getLogger("a.B"), "A/B", "4bf9");

        assertThat(lines().get(0)).endsWith(" call_failed Unexpected error in A/B");
        assertThat(lines().get(1)).endsWith(" call_failed Unexpected error in A/B, trace_id 4bf9");
        assertThat(lines().get(2)).endsWith(",\"fields\":{\"method\":\"A/B\"}}");
        assertThat(lines().get(3)).endsWith(",\"fields\":{\"method\":\"A/B\",\"trace_id\":\"4bf9\"}}");
    }

    @Test
    void jsonIsOneObjectALineWhateverAPeerSends() throws Exception {
        useJson();
        String forged = "\"}\r\n{\"level\":\"INFO\"} \u001b \u2028 \u202e \ud800 \u00e9";
        context.getLogger("a.B").error(forged, new IllegalStateException(forged));

        assertThat(lines()).singleElement().asString().isASCII();
        try (JsonParser json = new JsonFactory().createParser(lines().get(0))) {
            Map<String, String> fields = new LinkedHashMap<>();
            json.nextToken();
            while (json.nextToken() == JsonToken.FIELD_NAME) {
                fields.put(json.currentName(), json.nextTextValue());
            }
            assertThat(json.nextToken()).isNull();
            assertThat(fields).containsOnlyKeys("time", "level", "logger", "message", "error", "stack");
            assertThat(fields.get("message")).startsWith("\"}\\u000d\\n{\"level\":\"INFO\"} \\u001b \\u2028 \\u202e");
            assertThat(fields.get("stack")).contains("\n\t\tat io.flowhub");
        }
    }

    @Test
    void redissonIsLoggedWithoutArgumentsAndTextsOfExceptions() {
        String secret = "swordfish";
        Exception redissons = new RedisException("ERR " + secret, new IllegalStateException(secret));
        for (LogSettings.Format format : LogSettings.Format.values()) {
            encoder().use(format);
            Logger library = context.getLogger("org.redisson.client.handler.CommandDecoder");
            library.error("Unable to decode data. reply: {}, command: {}", secret, secret, redissons);
            library.error(redissons.getMessage(), redissons);
            library.error("Unable to add slave", redissons);
            library.error(secret);
            context.getLogger("io.netty.util.concurrent.DefaultPromise")
                    .warn("An exception was thrown by {}", "B", new IllegalStateException(secret, redissons));
            LogEvent.error("call_failed", "Unexpected error").log(context.getLogger("a.B"), redissons);
        }
        assertThat(written.toString(StandardCharsets.UTF_8))
                .doesNotContain(secret)
                .contains(
                        " ERROR CommandDecoder Unable to decode data. reply: {}, command: {}: RedisException:"
                                + " IllegalStateException\n",
                        " ERROR CommandDecoder (text left out): RedisException: IllegalStateException\n",
                        " ERROR CommandDecoder Unable to add slave: RedisException: IllegalStateException\n",
                        " ERROR CommandDecoder (text left out)\n",
                        " WARN  DefaultPromise An exception was thrown by B: IllegalStateException: RedisException:"
                                + " IllegalStateException\n",
                        " ERROR call_failed Unexpected error: RedisException: IllegalStateException\n\tRedisException\n"
                                + "\t\tat io.flowhub",
                        "\"message\":\"Unable to decode data. reply: {}, command: {}\",\"error\":\"RedisException:");
    }

    private void useJson() {
        encoder().use(LogSettings.Format.JSON);
    }

    private LineEncoder encoder() {
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        return (LineEncoder) ((OutputStreamAppender<ILoggingEvent>) root.getAppender("stderr")).getEncoder();
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
                        && lines().get(11)
                                .endsWith(
                                        "WARN  lines_suppressed 990 further lines of a.Flooded in 1 s are suppressed"));
        flooded.info("again");
        assertThat(lines()).hasSize(13);
    }
}
