package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.FileWatch;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.metrics.ReloadMetrics.Result;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The rules in force: those of a directory, which is read again when a file changes, is added or is removed. */
final class RuleDirectory implements AutoCloseable {

    private static final Logger log = LoggerFactory.getLogger(RuleDirectory.class);
    private static final LogEvent RELOADED =
            LogEvent.info("rls_rules_reloaded", "Reloaded the rules of {domains} domains from {directory}");
    private static final LogEvent REJECTED =
            LogEvent.error("rls_rules_rejected", "Rejected {directory}: {problems}; keeping the previous rules");

    private final Path directory;
    private final RuleLoader loader;
    private final RuleLoads loads;
    private final DaemonScheduler scheduler = new DaemonScheduler("rls-watch");
    private volatile RuleTable table;

    /**
     * Reads the directory, and watches it until {@link #close}.
     *
     * @throws ConfigException if the rules are not valid
     */
    static RuleDirectory open(Path directory, RuleLoader loader, RuleLoads loads) throws ConfigException {
        FileWatch watch = FileWatch.ofDirectory(directory, RuleFiles::isRules);
        RuleDirectory rules = new RuleDirectory(directory, loader, loads, loader.load(directory));
        loads.onStart();
        watch.start(rules.scheduler, rules::reload);
        return rules;
    }

    /** Reports what {@link #open} would reject. */
    static void check(Path directory, RuleLoader loader, Problems problems) {
        try {
            loader.load(directory);
        } catch (ConfigException e) {
            problems.add(String.valueOf(e.getMessage()));
        }
    }

    private RuleDirectory(Path directory, RuleLoader loader, RuleLoads loads, RuleTable table) {
        this.directory = directory;
        this.loader = loader;
        this.loads = loads;
        this.table = table;
    }

    RuleTable table() {
        return table;
    }

    private void reload() {
        try {
            RuleTable next = loader.load(directory);
            table = next;
            loads.onReload(Result.APPLIED);
            RELOADED.log(log, next.domains().size(), directory);
        } catch (ConfigException e) {
            loads.onReload(Result.REJECTED);
            REJECTED.log(log, directory, e.getMessage());
        }
    }

    @Override
    public void close() {
        scheduler.shutdownNow();
    }
}
