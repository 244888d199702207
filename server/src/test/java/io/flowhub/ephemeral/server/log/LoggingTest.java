package io.flowhub.ephemeral.server.log;

import static org.assertj.core.api.Assertions.assertThat;

import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.joran.JoranConfigurator;
import ch.qos.logback.classic.util.LogbackMDCAdapter;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.slf4j.event.Level;

/** The levels of a release, with settings. */
@Tag("unit")
@Tag("quick")
class LoggingTest {

    private static final String HANDLER = "io.grpc.netty.shaded.io.grpc.netty.NettyServerHandler";

    private final LoggerContext context = new LoggerContext();

    @BeforeEach
    void configureAsReleased() throws Exception {
        context.setMDCAdapter(new LogbackMDCAdapter());
        JoranConfigurator configurator = new JoranConfigurator();
        configurator.setContext(context);
        configurator.doConfigure(Path.of("src/main/resources/logback.xml").toFile());
    }

    @AfterEach
    void stop() {
        context.stop();
    }

    private String levelOf(String logger) {
        return context.getLogger(logger).getEffectiveLevel().toString();
    }

    private static LogSettings settings(Level level, Map<String, Level> levels) {
        return new LogSettings(LogSettings.Format.TEXT, level, levels);
    }

    @Test
    void levelAppliesToTheServerAndToLibrariesOnlyIfItIsQuieter() {
        Logging logging = new Logging(context);
        logging.apply(settings(Level.DEBUG, Map.of()));
        assertThat(levelOf("io.flowhub.ephemeral.server.Server")).isEqualTo("DEBUG");
        assertThat(levelOf("io.grpc.internal.X")).isEqualTo("WARN");
        assertThat(levelOf("org.redisson.X")).isEqualTo("ERROR");

        logging.apply(settings(Level.ERROR, Map.of()));
        assertThat(levelOf("io.flowhub.ephemeral.server.Server")).isEqualTo("ERROR");
        assertThat(levelOf("io.grpc.internal.X")).isEqualTo("ERROR");
        assertThat(levelOf("io.grpc.netty.shaded.io.grpc.netty.NettyServerTransport.connections"))
                .isEqualTo("ERROR");

        logging.apply(settings(Level.INFO, Map.of()));
        assertThat(levelOf("io.grpc.internal.X")).isEqualTo("WARN");
    }

    @Test
    void levelOfAPackageAppliesUntilItIsRemoved() {
        Logging logging = new Logging(context);
        logging.apply(settings(Level.WARN, Map.of("io.grpc", Level.DEBUG, "a.b", Level.TRACE)));
        assertThat(levelOf("io.grpc.internal.X")).isEqualTo("DEBUG");
        assertThat(levelOf("a.b.C")).isEqualTo("TRACE");
        assertThat(levelOf("a.C")).isEqualTo("WARN");

        logging.apply(settings(Level.WARN, Map.of()));
        assertThat(levelOf("io.grpc.internal.X")).isEqualTo("WARN");
        assertThat(levelOf("a.b.C")).isEqualTo("WARN");
    }

    @Test
    void contentOfCallsIsNotLoggedAtAnyLevel() {
        new Logging(context).apply(settings(Level.TRACE, Map.of("io.grpc", Level.TRACE, HANDLER, Level.TRACE)));

        assertThat(levelOf(HANDLER)).isEqualTo("INFO");
    }
}
