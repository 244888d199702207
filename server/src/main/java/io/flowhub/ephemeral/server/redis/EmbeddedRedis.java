package io.flowhub.ephemeral.server.redis;

import io.flowhub.ephemeral.server.config.DataSize;
import io.flowhub.ephemeral.server.config.RedisSettings.Credentials;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.config.RedisSettings.Topology;
import io.flowhub.ephemeral.server.config.RedisUrl;
import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A Redis process for this server alone: the {@code redis-server} on the PATH, else the bundled one, on a free loopback
 * port, without persistence. It ends with this process, also after {@code kill -9}. Other users of the machine reach its
 * port, so it requires a password, which neither a file nor the list of processes shows, and runs no command of
 * administration: no modules, no configuration, no files.
 */
public final class EmbeddedRedis implements AutoCloseable {

    private static final int START_ATTEMPTS = 3;
    private static final int START_TIMEOUT_MILLIS = 5_000;

    /** KEYS is for {@code redis-cli}. */
    private static final String RIGHTS = "~* &* +@all -@admin -@dangerous +info +keys";

    /**
     * Passes the standard input up to an empty line to the command given as arguments, and runs it until the standard input
     * closes, which happens when the process at the other end exits, even by {@code kill -9}. At a terminal, Ctrl-C must reach this process only, which ends Redis after the last
     * call: {@code set -m} takes Redis out of the process group that the terminal interrupts. TERM is ignored, since the
     * shell would exit before Redis and leave it running.
     */
    private static final String EXIT_WITH_PARENT = "trap '' INT TERM; set -m 2>/dev/null; config=; "
            + "while IFS= read -r line && [ -n \"$line\" ]; do config=\"$config$line\n\"; done; "
            + "printf %s \"$config\" | \"$@\" - & child=$!; "
            + "cat >/dev/null; kill $child 2>/dev/null; wait $child";

    private final Process process;
    private final int port;
    private final String password;

    /**
     * Starts it and returns once it accepts connections.
     *
     * @param password if null, a random one
     */
    public static EmbeddedRedis start(DataSize maxMemory, @Nullable String password) throws IOException {
        String required = password == null ? UUID.randomUUID().toString() : password;
        Optional<Path> onPath = onPath();
        if (onPath.isPresent()) {
            return start(onPath.get(), maxMemory, required, List.of());
        }
        Path bundled = bundled();
        try {
            return start(bundled, maxMemory, required, List.of());
        } finally { // the running process does not need the file, and after kill -9 it would stay
            Files.deleteIfExists(bundled);
            Files.deleteIfExists(bundled.toAbsolutePath().getParent());
        }
    }

    /** Like {@link #start(DataSize, String)}, with a given executable and additional lines of configuration. */
    static EmbeddedRedis start(Path executable, DataSize maxMemory, String password, List<String> lines)
            throws IOException {
        Path directory = Files.createTempDirectory("ephemeral-redis"); // of this user only
        try {
            for (int attempt = 1; ; attempt++) {
                EmbeddedRedis redis = new EmbeddedRedis(executable, freePort(), password);
                try {
                    redis.configure(directory, maxMemory, lines);
                    redis.awaitAccepting();
                    return redis;
                } catch (IOException e) {
                    redis.close();
                    if (attempt == START_ATTEMPTS) { // another process may have taken the port
                        throw e;
                    }
                }
            }
        } finally { // Redis writes nothing
            Files.deleteIfExists(directory);
        }
    }

    private EmbeddedRedis(Path executable, int port, String password) throws IOException {
        this.port = port;
        this.password = password;
        this.process = new ProcessBuilder("sh", "-c", EXIT_WITH_PARENT, "ephemeral-redis", executable.toString())
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .redirectError(ProcessBuilder.Redirect.DISCARD)
                .start();
    }

    private void configure(Path directory, DataSize maxMemory, List<String> lines) throws IOException {
        List<String> config = new ArrayList<>(List.of(
                "port " + port,
                "bind 127.0.0.1",
                "protected-mode yes",
                "user default on #" + sha256(password) + " " + RIGHTS,
                "save \"\"",
                "appendonly no",
                "maxmemory " + maxMemory.bytes(),
                "maxmemory-policy noeviction",
                "dir " + directory,
                "loglevel warning"));
        config.addAll(lines);
        OutputStream input = process.getOutputStream();
        input.write((String.join("\n", config) + "\n\n").getBytes(StandardCharsets.UTF_8));
        input.flush();
    }

    private static String sha256(String text) {
        try {
            byte[] digest = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
            return HexFormat.of().formatHex(digest);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The {@code redis-server} on the PATH, else the bundled one. */
    public static Path executable() throws IOException {
        Optional<Path> onPath = onPath();
        return onPath.isPresent() ? onPath.get() : bundled();
    }

    private static Optional<Path> onPath() {
        String path = System.getenv().getOrDefault("PATH", "");
        try (Stream<String> folders = Stream.of(path.split(File.pathSeparator))) {
            return folders.map(folder -> Path.of(folder, "redis-server"))
                    .filter(Files::isExecutable)
                    .findFirst();
        }
    }

    /** The bundled Redis 6.2, unpacked into a temporary directory that is removed at exit. */
    public static Path bundled() throws IOException {
        return BundledRedis.unpack(EmbeddedRedis.class.getClassLoader());
    }

    public int port() {
        return port;
    }

    public String address() {
        return "redis://127.0.0.1:" + port;
    }

    Endpoint endpoint() {
        RedisUrl url = new RedisUrl(address(), null, null, 0);
        return new Remote(Topology.SINGLE, List.of(url), null, new Credentials(null, password), null);
    }

    String password() {
        return password;
    }

    /** The process whose exit ends Redis. */
    public ProcessHandle process() {
        return process.toHandle();
    }

    private void awaitAccepting() throws IOException {
        for (int waited = 0; ; waited += 10) {
            try (Socket socket = new Socket()) {
                socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), START_TIMEOUT_MILLIS);
                return;
            } catch (IOException e) {
                if (waited >= START_TIMEOUT_MILLIS || !process.isAlive()) {
                    throw new IOException("the embedded Redis does not start", e);
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(10);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted while the embedded Redis was starting", e);
            }
        }
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
            if (!process.waitFor(2, TimeUnit.SECONDS)) {
                process.descendants().forEach(ProcessHandle::destroyForcibly);
                process.destroyForcibly();
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }
}
