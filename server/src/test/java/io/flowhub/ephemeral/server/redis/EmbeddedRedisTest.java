package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.config.DataSize;
import io.flowhub.ephemeral.server.fixture.Eventually;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

@Tag("contract")
class EmbeddedRedisTest {

    private static final DataSize FIVE_MB = new DataSize(5 << 20);

    @TempDir
    Path folder;

    @Test
    void hasTheConfiguredMemoryAndEvictsNothing() throws IOException {
        try (EmbeddedRedis redis = EmbeddedRedis.start(FIVE_MB);
                Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
            assertThat(jedis.configGet("*"))
                    .containsEntry("maxmemory", Long.toString(FIVE_MB.bytes()))
                    .containsEntry("maxmemory-policy", "noeviction")
                    .containsEntry("bind", "127.0.0.1");
        }
    }

    @Test
    void writesNothingToTheDisk() throws IOException {
        try (EmbeddedRedis redis =
                        EmbeddedRedis.start(EmbeddedRedis.executable(), FIVE_MB, List.of("--dir", folder.toString()));
                Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
            jedis.set("key", "value", SetParams.setParams().px(60_000));
            assertThat(jedis.configGet("*")).containsEntry("save", "").containsEntry("appendonly", "no");
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void manyRunSideBySide() throws IOException {
        try (EmbeddedRedis one = EmbeddedRedis.start(FIVE_MB);
                EmbeddedRedis other = EmbeddedRedis.start(FIVE_MB)) {
            assertThat(one.port()).isNotEqualTo(other.port());
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void endsWhenClosedAlsoAfterTermOfItsShell(boolean term) throws IOException {
        EmbeddedRedis redis = EmbeddedRedis.start(FIVE_MB);
        ProcessHandle process = processOf(redis.port());
        if (term) {
            redis.process().destroy();
        }
        redis.close();

        assertThat(process.isAlive()).isFalse();
        redis.close();
    }

    @Test
    void bundledRedisIs62() throws Exception {
        try (EmbeddedRedis redis = EmbeddedRedis.start(EmbeddedRedis.bundled(), FIVE_MB, List.of());
                Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
            assertThat(jedis.info("server")).contains("redis_version:6.2");
        }
    }

    @Test
    void withoutRedisOnThePathTheBundledRedisRunsAndLeavesNoFile() throws Exception {
        Path path = Files.createDirectory(folder.resolve("path"));
        for (String command : List.of("sh", "cat", "uname")) {
            Files.createSymbolicLink(path.resolve(command), onPath(command));
        }
        Process parent = parent(path.toString());
        ProcessHandle redis = redisOf(parent);
        assertThat(redis.info().command())
                .hasValueSatisfying(command -> assertThat(command).contains("ephemeral-redis"));
        parent.destroyForcibly();

        Eventually.soon("the process has ended", () -> !redis.isAlive());
        try (Stream<Path> left = Files.list(folder)) {
            assertThat(left.map(Path::getFileName).map(Path::toString).filter(name -> name.startsWith("ephemeral")))
                    .isEmpty();
        }
    }

    /** A process that holds an embedded Redis until its standard input ends. */
    public static final class Parent {
        public static void main(String[] args) throws IOException {
            try (EmbeddedRedis redis = EmbeddedRedis.start(FIVE_MB)) {
                System.out.println("port " + redis.port());
                System.exit(System.in.read());
            }
        }
    }

    private Process parent(String path) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Djava.io.tmpdir=" + folder,
                "-Xmx64m",
                "-cp",
                System.getProperty("java.class.path"),
                Parent.class.getName());
        builder.environment().put("PATH", path);
        return builder.redirectError(ProcessBuilder.Redirect.INHERIT).start();
    }

    private static ProcessHandle redisOf(Process parent) throws IOException {
        BufferedReader said = parent.inputReader(StandardCharsets.UTF_8);
        String line = String.valueOf(said.readLine());
        assertThat(line).startsWith("port ");
        return processOf(Integer.parseInt(line.substring("port ".length())));
    }

    private static ProcessHandle processOf(int port) {
        try (Jedis jedis = new Jedis("127.0.0.1", port)) {
            Matcher id = Pattern.compile("process_id:(\\d+)").matcher(jedis.info("server"));
            assertThat(id.find()).isTrue();
            return ProcessHandle.of(Long.parseLong(id.group(1))).orElseThrow();
        }
    }

    private static Path onPath(String command) {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .map(folder -> Path.of(folder, command))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }
}
