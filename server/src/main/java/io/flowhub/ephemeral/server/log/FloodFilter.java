package io.flowhub.ephemeral.server.log;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.turbo.TurboFilter;
import ch.qos.logback.core.spi.FilterReply;
import io.flowhub.ephemeral.server.event.LogEvent;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.slf4j.Marker;

/**
 * Limits the lines of each logger, and counts those beyond the limit in a line of this class. A remote peer can cause lines as
 * fast as it sends; each one costs time on an event loop, and disk. A suppressed line costs neither its format nor its
 * stack trace.
 */
public final class FloodFilter extends TurboFilter {

    private static final LogEvent SUPPRESSED =
            LogEvent.warn("lines_suppressed", "{lines} further lines of {logger} in {period} are suppressed");

    private final ConcurrentMap<String, AtomicLong> linesByLogger = new ConcurrentHashMap<>();
    private int lines = 10;
    private int seconds = 10;

    /** How many lines a logger may write in each period. */
    public void setLines(int lines) {
        this.lines = lines;
    }

    /** The length of a period. */
    public void setSeconds(int seconds) {
        this.seconds = seconds;
    }

    /** Without a format the caller only asks whether the level is enabled. Below INFO, all lines are wanted. */
    @Override
    public FilterReply decide(
            @Nullable Marker marker,
            Logger logger,
            Level level,
            @Nullable String format,
            Object @Nullable [] params,
            @Nullable Throwable thrown) {
        if (level.levelInt < Math.max(Level.INFO_INT, logger.getEffectiveLevel().levelInt)
                || format == null
                || logger.getName().equals(FloodFilter.class.getName())) {
            return FilterReply.NEUTRAL;
        }
        AtomicLong written = linesByLogger.computeIfAbsent(logger.getName(), name -> new AtomicLong());
        long line = written.incrementAndGet();
        if (line == 1) {
            var unused = getContext()
                    .getScheduledExecutorService()
                    .schedule(() -> endPeriod(logger, written), seconds, TimeUnit.SECONDS);
        }
        return line <= lines ? FilterReply.NEUTRAL : FilterReply.DENY;
    }

    private void endPeriod(Logger logger, AtomicLong written) {
        long suppressed = written.getAndSet(0) - lines;
        if (suppressed > 0) {
            SUPPRESSED.log(
                    logger.getLoggerContext().getLogger(FloodFilter.class),
                    suppressed,
                    logger.getName(),
                    Duration.ofSeconds(seconds));
        }
    }
}
