package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.server.config.DataSize;
import io.flowhub.ephemeral.server.fixture.Eventually;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.params.SetParams;

@Tag("contract")
class EmbeddedRedisTest {

    private static final DataSize FIVE_MB = new DataSize(5 << 20);
    private static final ClassLoader LOADER = EmbeddedRedisTest.class.getClassLoader();

    @TempDir
    Path folder;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void hasTheConfiguredMemoryEvictsNothingAndWritesNothingToTheDisk(boolean bundled) throws IOException {
        Path executable = bundled ? EmbeddedRedis.bundled() : EmbeddedRedis.executable();
        List<String> lines = List.of("dir " + folder, "user admin on nopass ~* &* +@all");
        try (EmbeddedRedis redis = EmbeddedRedis.start(executable, FIVE_MB, "s3cret", lines);
                Jedis jedis = new Jedis("127.0.0.1", redis.port())) {
            jedis.auth("admin", "");
            jedis.set("key", "value", SetParams.setParams().px(60_000));
            assertThat(jedis.configGet("*"))
                    .containsEntry("maxmemory", Long.toString(FIVE_MB.bytes()))
                    .containsEntry("maxmemory-policy", "noeviction")
                    .containsEntry("bind", "127.0.0.1")
                    .containsEntry("save", "")
                    .containsEntry("appendonly", "no");
            assertThat(jedis.info("server")).contains(bundled ? "redis_version:6.2" : "redis_version:");
        }
        assertThat(folder).isEmptyDirectory();
    }

    /** Other users of the machine reach the port, and see the commands of all processes. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void withoutThePasswordNothingIsAllowedAndWithItNoAdministration(boolean bundled) throws IOException {
        Path executable = bundled ? EmbeddedRedis.bundled() : EmbeddedRedis.executable();
        try (EmbeddedRedis redis = EmbeddedRedis.start(executable, FIVE_MB, "s3cret #\"'", List.of());
                Jedis jedis = new Jedis("127.0.0.1", redis.port(), 20_000)) {
            assertThatThrownBy(() -> jedis.get("key")).hasMessageContaining("NOAUTH");
            jedis.auth(redis.password());
            jedis.set("key", "value", SetParams.setParams().px(60_000));
            assertThat(jedis.keys("*")).containsExactly("key");
            assertThat(jedis.ttl("key")).isPositive();
            for (String command : List.of(
                    "CONFIG GET dir",
                    "CONFIG SET dir /",
                    "MODULE LIST",
                    "SAVE",
                    "DEBUG HELP",
                    "ACL LIST",
                    "FLUSHALL")) {
                String[] words = command.split(" ", -1);
                assertThatThrownBy(() -> jedis.sendCommand(
                                () -> words[0].getBytes(StandardCharsets.UTF_8),
                                Arrays.copyOfRange(words, 1, words.length)))
                        .as(command)
                        .hasMessageContaining(command.equals("DEBUG HELP") ? denialOfDebug(jedis) : "NOPERM");
            }
            assertThat(ProcessHandle.allProcesses()
                            .map(process -> process.info().commandLine().orElse("")))
                    .noneMatch(line -> line.contains("s3cret"));
        }
    }

    /** Redis 7 and later deny DEBUG to everybody, before they look at the ACL. */
    private static String denialOfDebug(Jedis jedis) {
        return jedis.info("server").contains("redis_version:6") ? "NOPERM" : "DEBUG command not allowed";
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void manyRunSideBySideAndEachEndsWhenClosedAlsoAfterTermOfItsShell(boolean term) throws IOException {
        EmbeddedRedis redis = EmbeddedRedis.start(FIVE_MB, null);
        ProcessHandle process = processOf(redis.port(), redis.password());
        try (EmbeddedRedis other = EmbeddedRedis.start(FIVE_MB, null)) {
            assertThat(other.port()).isNotEqualTo(redis.port());
            assertThat(other.password()).isNotEqualTo(redis.password());
            if (term) {
                redis.process().destroy();
            }
            redis.close();

            assertThat(process.isAlive()).isFalse();
            assertThat(processOf(other.port(), other.password()).isAlive()).isTrue();
            redis.close();
        }
    }

    @Test
    void withoutRedisOnThePathTheBundledRedisRunsAndLeavesNoFile() throws Exception {
        Path path = Files.createDirectory(folder.resolve("path"));
        for (String command : List.of("sh", "cat")) {
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

    @ParameterizedTest
    @CsvSource({"Linux, amd64, 7f45", "Linux, aarch64, 7f45", "Mac OS X, x86_64, cffa", "Mac OS X, aarch64, cffa"})
    void everySupportedPlatformHasAnExecutable(String osName, String osArch, String magic) throws IOException {
        String resource = BundledRedis.executables(LOADER).getProperty(BundledRedis.platform(osName, osArch));

        try (InputStream executable = Objects.requireNonNull(LOADER.getResourceAsStream(resource))) {
            assertThat("%02x%02x".formatted(executable.read(), executable.read()))
                    .isEqualTo(magic);
        }
    }

    @Test
    void platformWithoutAnExecutableIsNotListed() throws IOException {
        assertThat(BundledRedis.executables(LOADER).stringPropertyNames())
                .hasSize(4)
                .doesNotContain(BundledRedis.platform("Windows 11", "amd64"));
    }

    @Test
    void missingArtifactIsReportedWithTheSettingToUse() throws IOException {
        try (URLClassLoader empty = new URLClassLoader(new URL[0], null)) {
            assertThatThrownBy(() -> BundledRedis.unpack(empty))
                    .isInstanceOf(IOException.class)
                    .hasMessageContainingAll("no redis-server on the PATH", "redis.url", "EPHEMERAL_REDIS_URL");
        }
    }

    /** A process that holds an embedded Redis until its standard input ends. */
    public static final class Parent {
        public static void main(String[] args) throws IOException {
            try (EmbeddedRedis redis = EmbeddedRedis.start(FIVE_MB, null)) {
                System.out.println("port " + redis.port() + " " + redis.password());
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
        String line = String.valueOf(parent.inputReader(StandardCharsets.UTF_8).readLine());
        assertThat(line).startsWith("port ");
        String[] words = line.split(" ", -1);
        return processOf(Integer.parseInt(words[1]), words[2]);
    }

    private static ProcessHandle processOf(int port, String password) {
        try (Jedis jedis = new Jedis("127.0.0.1", port)) {
            jedis.auth(password);
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
