package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Configuration;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CountDownLatch;

/** The server as it ships, with {@link EmptyRpc} added. */
final class BenchServer {

    /** Argument: path of the configuration file. Runs until it is killed. */
    public static void main(String[] args) throws ConfigException, IOException, InterruptedException {
        Configuration configuration =
                Configuration.load(Features.settings(), Map.of(), System.getenv(), Path.of(args[0]));
        Server server = Server.start(configuration, EmptyRpc.service());
        Runtime.getRuntime().addShutdownHook(new Thread(server::close));
        new CountDownLatch(1).await();
    }

    private BenchServer() {}
}
