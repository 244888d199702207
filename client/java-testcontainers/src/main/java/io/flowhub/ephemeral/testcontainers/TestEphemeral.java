package io.flowhub.ephemeral.testcontainers;

import io.flowhub.ephemeral.client.EphemeralClient;
import java.util.Map;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.Network;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.lifecycle.Startables;
import org.testcontainers.utility.DockerImageName;

/**
 * A server with a Redis of its own, both in containers, for tests of an application. It serves in clear text on a free port.
 * Starting it takes a few seconds, so tests share one and use ids of their own; {@link #close} ends both containers.
 */
public final class TestEphemeral implements AutoCloseable {

    /** The image of the server, unless the environment variable {@code EPHEMERAL_TEST_IMAGE} names another. */
    public static final String DEFAULT_IMAGE = "ephemeral:0.1.0";

    /** The image of Redis, unless the environment variable {@code EPHEMERAL_TEST_REDIS_IMAGE} names another. */
    public static final String DEFAULT_REDIS_IMAGE = "redis:7.2";

    private static final int PORT = 9090;
    private static final int ADMIN_PORT = 9091;
    private static final String REDIS = "redis";
    private static final int REDIS_PORT = 6379;

    /** Of no use outside of a test: the codes are in a Redis that ends with it. */
    private static final String PEPPER = "pepper-of-the-tests-0123456789abcdef";

    private final Network network = Network.newNetwork();
    private final GenericContainer<?> redis;
    private final GenericContainer<?> server;

    /** A server with the default settings. Returns when it is ready. */
    public static TestEphemeral start() {
        return start(Map.of());
    }

    /**
     * A server with other settings. Returns when it is ready.
     *
     * @param environment environment variables of the server, such as {@code EPHEMERAL_OTP_REQUIRE_CHALLENGE}; the
     *     reference of the configuration lists them
     * @throws org.testcontainers.containers.ContainerLaunchException if a container does not start; its log is in the
     *     message or in the log of Testcontainers
     */
    public static TestEphemeral start(Map<String, String> environment) {
        TestEphemeral started = new TestEphemeral(environment);
        try {
            Startables.deepStart(started.redis, started.server).join();
        } catch (RuntimeException e) {
            started.close();
            throw e;
        }
        return started;
    }

    private TestEphemeral(Map<String, String> environment) {
        this.redis = new GenericContainer<>(image("EPHEMERAL_TEST_REDIS_IMAGE", DEFAULT_REDIS_IMAGE))
                .withNetwork(network)
                .withNetworkAliases(REDIS)
                .withExposedPorts(REDIS_PORT)
                .withCommand("redis-server", "--protected-mode", "no", "--save", "", "--appendonly", "no");
        this.server = newServer(environment);
    }

    /** A further server on the same Redis, not started. */
    GenericContainer<?> newServer(Map<String, String> environment) {
        return new GenericContainer<>(image("EPHEMERAL_TEST_IMAGE", DEFAULT_IMAGE))
                .withNetwork(network)
                .withEnv("EPHEMERAL_REDIS_URL", "redis://" + REDIS + ":" + REDIS_PORT)
                .withEnv("EPHEMERAL_SERVER_INSECURE", "true")
                .withEnv("EPHEMERAL_ADMIN_HOST", "0.0.0.0")
                .withEnv("EPHEMERAL_OTP_PEPPER", PEPPER)
                .withEnv(environment)
                .withExposedPorts(PORT, ADMIN_PORT)
                .waitingFor(Wait.forHttp("/readyz").forPort(ADMIN_PORT));
    }

    private static DockerImageName image(String variable, String standard) {
        String chosen = System.getenv(variable);
        return DockerImageName.parse(chosen == null ? standard : chosen);
    }

    /** Where the server listens, as {@link EphemeralClient#connect} takes it. */
    public String target() {
        return target(server);
    }

    static String target(GenericContainer<?> server) {
        return server.getHost() + ":" + server.getMappedPort(PORT);
    }

    /** A new client of the server; the caller closes it. */
    public EphemeralClient connect() {
        return EphemeralClient.connect(target());
    }

    /** What the server has logged so far. */
    public String logs() {
        return server.getLogs();
    }

    GenericContainer<?> server() {
        return server;
    }

    @Override
    public void close() {
        server.close();
        redis.close();
        network.close();
    }
}
