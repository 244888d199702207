package io.flowhub.ephemeral.server;

import io.flowhub.ephemeral.server.admin.BuildVersion;
import io.flowhub.ephemeral.server.concurrent.DaemonScheduler;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Configuration;
import io.flowhub.ephemeral.server.config.FileWatch;
import io.flowhub.ephemeral.server.config.LiveConfiguration;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.log.LogSettings;
import io.flowhub.ephemeral.server.log.Logging;
import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;

/** The command line. */
@Command(
        name = "ephemeral",
        description = "FlowHub's short-lived state over gRPC, kept in Redis.",
        mixinStandardHelpOptions = true,
        versionProvider = Main.Version.class,
        subcommands = Main.Serve.class,
        footer = {
            "",
            "Settings come from command-line options, then environment variables",
            "(EPHEMERAL_REDIS_URL for redis.url), then the file, then defaults;",
            "--print-config lists them all.",
            "Exit status: 1 if the server cannot start, 2 if the command line or the",
            "configuration is invalid."
        })
public final class Main implements Callable<Integer> {

    private static final Logger log = LoggerFactory.getLogger(Main.class);
    private static final LogEvent RELOADED = LogEvent.info("config_reloaded", "Reloaded {settings} from {file}");
    private static final LogEvent PENDING =
            LogEvent.warn("config_pending", "{file} changed, but needs a restart for {settings}");
    private static final LogEvent OVERRIDDEN =
            LogEvent.warn("config_overridden", "{file} changed, but {setting} has its value from {origin}");
    private static final LogEvent REJECTED =
            LogEvent.error("config_rejected", "Rejected {file}: {problems}; keeping the previous settings");

    /** How long the start line in the log waits for the first health check of Redis. */
    private static final long INITIAL_REDIS_CHECK_SECONDS = 2;

    private final Logging logging;

    @Mixin
    private Options options = new Options();

    @Spec
    private @Nullable CommandSpec spec;

    /** Command-line options that are accepted without, before and after {@code serve}. */
    private static final class Options {

        @Option(
                names = "--config",
                scope = ScopeType.INHERIT,
                paramLabel = "FILE",
                description =
                        "YAML file with settings; rate limits and levels of the log are reloaded when it changes.")
        private @Nullable Path config;

        @Option(
                names = "--redis",
                scope = ScopeType.INHERIT,
                paramLabel = "URL",
                description = "redis://host:port or rediss://host:port; without it an embedded Redis is started.")
        private @Nullable String redis;

        @Option(
                names = "--port",
                scope = ScopeType.INHERIT,
                paramLabel = "PORT",
                description = "TCP port, 9090 by default; 0 selects a free port.")
        private @Nullable String port;

        @Option(
                names = "--print-config",
                scope = ScopeType.INHERIT,
                description = "Print every setting and its origin, and exit. Secrets are redacted.")
        private boolean printConfig;

        @Option(
                names = "--check-config",
                scope = ScopeType.INHERIT,
                description = "Check the configuration, print all problems, and exit.")
        private boolean checkConfig;

        Configuration load() throws ConfigException {
            Map<String, String> values = new HashMap<>();
            if (redis != null) {
                values.put("--redis", redis);
            }
            if (port != null) {
                values.put("--port", port);
            }
            return Configuration.load(Features.settings(), values, System.getenv(), config);
        }
    }

    @Command(
            name = "serve",
            description = "Start the server; it runs until SIGTERM or Ctrl-C.",
            mixinStandardHelpOptions = true,
            versionProvider = Version.class)
    static final class Serve implements Callable<Integer> {

        @ParentCommand
        private @Nullable Main main;

        @Override
        public Integer call() throws InterruptedException {
            return Objects.requireNonNull(main).run(true);
        }
    }

    Main(Logging logging) {
        this.logging = logging;
    }

    public static void main(String[] args) {
        System.exit(new CommandLine(new Main(Logging.install())).execute(args));
    }

    /** Without {@code serve}: prints or checks the configuration. */
    @Override
    public Integer call() throws InterruptedException {
        if (options.printConfig || options.checkConfig) {
            return run(false);
        }
        commandLine().usage(commandLine().getErr());
        return CommandLine.ExitCode.USAGE;
    }

    private CommandLine commandLine() {
        return Objects.requireNonNull(spec).commandLine();
    }

    private int run(boolean serve) throws InterruptedException {
        FileWatch watch = options.config == null ? null : FileWatch.of(options.config);
        Configuration configuration;
        try {
            configuration = options.load();
            SettingsFiles.check(configuration.settings());
        } catch (ConfigException e) {
            commandLine().getErr().println(e.getMessage());
            return CommandLine.ExitCode.USAGE;
        }
        if (options.printConfig) {
            commandLine().getOut().println(configuration.describe());
        }
        if (options.checkConfig) {
            // With --print-config the output has to remain a configuration file.
            commandLine().getOut().println((options.printConfig ? "# " : "") + "Configuration is valid.");
        }
        return !serve || options.printConfig || options.checkConfig
                ? CommandLine.ExitCode.OK
                : serve(configuration, watch);
    }

    private int serve(Configuration configuration, @Nullable FileWatch watch) throws InterruptedException {
        logging.apply(configuration.settings().get(LogSettings.GROUP));
        Server server;
        try {
            server = Server.start(configuration);
        } catch (IOException e) {
            commandLine().getErr().println("Cannot start: " + reason(e));
            return CommandLine.ExitCode.SOFTWARE;
        }
        ScheduledExecutorService scheduler = new DaemonScheduler("config-watch");
        if (watch != null) {
            watch.start(scheduler, () -> reload(server));
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime()
                .addShutdownHook(new Thread(
                        () -> {
                            scheduler.shutdownNow();
                            server.close();
                            stopped.countDown();
                        },
                        "shutdown"));
        server.logStart(redisAnsweredInTime(server));
        stopped.await();
        return CommandLine.ExitCode.OK;
    }

    /** The messages of a failure and its causes: "Failed to bind to address /127.0.0.1:9090: ... Address already in use". */
    private static String reason(Throwable failure) {
        StringBuilder reason =
                new StringBuilder(failure.getMessage() == null ? failure.toString() : failure.getMessage());
        for (Throwable cause = failure.getCause(); cause != null; cause = cause.getCause()) {
            String more = cause.getMessage() == null ? cause.toString() : cause.getMessage();
            if (reason.indexOf(more) < 0) {
                reason.append(": ").append(more);
            }
        }
        return reason.toString();
    }

    /** A rejected file changes nothing: the previous settings stay in force. */
    private void reload(Server server) {
        try {
            LiveConfiguration.Reload reload = server.reload(options.load());
            logging.apply(reload.settings().get(LogSettings.GROUP));
            if (!reload.applied().isEmpty()) {
                RELOADED.log(log, String.join(", ", reload.applied()), options.config);
            }
            if (!reload.pending().isEmpty()) {
                PENDING.log(log, options.config, String.join(", ", reload.pending()));
            }
            reload.overridden().forEach((name, origin) -> OVERRIDDEN.log(log, options.config, name, origin));
        } catch (ConfigException e) {
            REJECTED.log(log, options.config, e.getMessage());
            server.onRejectedReload();
        }
    }

    /** The first check may fail while a later one has succeeded already. */
    private static boolean redisAnsweredInTime(Server server) throws InterruptedException {
        return awaitInitialRedisCheck(server) || server.isRedisAvailable();
    }

    private static boolean awaitInitialRedisCheck(Server server) throws InterruptedException {
        try {
            return server.initialRedisCheck().toCompletableFuture().get(INITIAL_REDIS_CHECK_SECONDS, TimeUnit.SECONDS);
        } catch (java.util.concurrent.ExecutionException | TimeoutException e) {
            return false;
        }
    }

    /** The version in the jar's manifest, and the Java that runs it. */
    static final class Version implements CommandLine.IVersionProvider {
        @Override
        public String[] getVersion() {
            return new String[] {"ephemeral " + BuildVersion.get() + ", Java " + Runtime.version()};
        }
    }
}
