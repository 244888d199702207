package io.flowhub.ephemeral.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.OutputStreamAppender;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import org.slf4j.bridge.SLF4JBridgeHandler;

/** The logging of this process. */
public final class Logging {

    /** Below INFO these log what calls and commands contain: headers with tokens, messages with codes. */
    private static final List<String> LOG_CONTENT = List.of(
            "io.grpc.netty.shaded.io.grpc.netty.NettyServerHandler",
            "io.grpc.netty.shaded.io.netty.channel.DefaultChannelPipeline",
            "io.netty.channel.DefaultChannelPipeline");

    private final LoggerContext context;

    /** The levels of logback.xml: libraries are less verbose than the server. */
    private final Map<Logger, Level> released = new HashMap<>();

    /** Sends what libraries log through java.util.logging, such as gRPC, the same way. */
    public static Logging install() {
        SLF4JBridgeHandler.removeHandlersForRootLogger();
        SLF4JBridgeHandler.install();
        return new Logging((LoggerContext) LoggerFactory.getILoggerFactory());
    }

    /** Of these loggers, with the levels that they have now. */
    public Logging(LoggerContext context) {
        this.context = context;
        context.getLoggerList().forEach(logger -> {
            if (logger.getLevel() != null) {
                released.put(logger, logger.getLevel());
            }
        });
    }

    /** Applies the settings to all further lines. */
    public void apply(LogSettings settings) {
        Logger root = context.getLogger(Logger.ROOT_LOGGER_NAME);
        if (root.getAppender("stderr") instanceof OutputStreamAppender<ILoggingEvent> appender
                && appender.getEncoder() instanceof LineEncoder encoder) {
            encoder.use(settings.format());
        }
        applyLevels(root, settings);
    }

    private void applyLevels(Logger root, LogSettings settings) {
        Map<Logger, Level> next = new HashMap<>();
        Level level = Level.convertAnSLF4JLevel(settings.level());
        released.forEach((logger, own) -> next.put(logger, quieter(own, level)));
        next.put(root, level);
        settings.levels().forEach((name, own) -> next.put(context.getLogger(name), Level.convertAnSLF4JLevel(own)));
        for (Logger logger : context.getLoggerList()) {
            setLevel(logger, next.get(logger));
        }
        for (String name : LOG_CONTENT) {
            Logger logger = context.getLogger(name);
            setLevel(logger, quieter(logger.getEffectiveLevel(), Level.INFO));
        }
    }

    /** Sets only what changes: each setting of a level reaches java.util.logging too. */
    private static void setLevel(Logger logger, @Nullable Level level) {
        if (logger.getLevel() != level) {
            logger.setLevel(level);
        }
    }

    private static Level quieter(Level one, Level other) {
        return one.isGreaterOrEqual(other) ? one : other;
    }
}
