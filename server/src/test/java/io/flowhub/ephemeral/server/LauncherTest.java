package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code ./ephemeral} in a copy of the folders it looks at, with a java and a mvn that only print their arguments. */
@Tag("contract")
class LauncherTest {

    private static final String MAKING = "Making the cache of the start, once for this build and Java %s ...\n";
    private static final String JAR = "server/target/ephemeral-server.jar";

    @TempDir
    Path folder;

    private Path home;
    private Path tools;

    private record Outcome(int status, String out, String err) {}

    @BeforeEach
    void copyTheFilesOfTheLauncher() throws IOException {
        home = folder.toRealPath().resolve("a house with spaces");
        tools = Files.createDirectory(folder.resolve("tools"));
        String files = """
                pom.xml proto/pom.xml proto/src/a.proto
                embedded-redis/pom.xml embedded-redis/src/a.properties
                embedded-redis/target/ephemeral-embedded-redis.jar
                server/pom.xml server/src/main/A.java server/src/main/B.java server/target/ephemeral-server.jar
                deploy/jvm.options""";
        for (String path : List.of(files.split("\\s+"))) {
            Files.createDirectories(home.resolve(path).getParent());
            Files.createFile(home.resolve(path));
        }
        makeJarNewest();
        for (String script : List.of("ephemeral", "deploy/start-cache")) {
            Files.copy(Path.of("..", script), home.resolve(script));
        }
        List<String> needed = List.of(
                "dirname", "readlink", "find", "head", "touch", "sed", "cksum", "mkdir", "cat", "rm", "mv", "env");
        for (String tool : needed) {
            tool(tool, "exec " + where(tool) + " \"$@\"");
        }
        tool("java", "for a in \"$@\"; do echo \"$a\"; done");
    }

    @Test
    void argumentsAndOptionsReachJavaAsTheyAre() throws Exception {
        var options = Map.of("EPHEMERAL_JAVA_OPTS", "-Da=1 -Db=*");
        String arguments = """
                @HOME/deploy/jvm.options
                -Da=1
                -Db=*
                --enable-native-access=ALL-UNNAMED
                -cp
                HOME/server/target/ephemeral-server.jar:HOME/embedded-redis/target/ephemeral-embedded-redis.jar
                io.flowhub.ephemeral.server.Main
                serve
                a  b
                *
                """;
        assertThat(launch(home, options, "./ephemeral", "serve", "a  b", "*"))
                .isEqualTo(new Outcome(0, arguments.replace("HOME", home.toString()), ""));
    }

    @Test
    void worksFromAnotherFolderAndThroughSymbolicLinks() throws Exception {
        Path bin = Files.createDirectory(folder.resolve("bin dir"));
        Files.createSymbolicLink(bin.resolve("absolute"), home.resolve("ephemeral"));
        Files.createSymbolicLink(bin.resolve("relative"), Path.of("absolute"));
        Files.createSymbolicLink(folder.resolve("folder"), home);

        List<String> commands = List.of(
                home + "/ephemeral", "bin dir/absolute", "bin dir/relative", "./bin dir/relative", "folder/ephemeral");
        for (String command : commands) {
            Outcome outcome = launch(folder, Map.of("CDPATH", folder.toString()), command);
            assertThat(outcome.out()).as(command).contains("@" + home + "/deploy/jvm.options");
            assertThat(outcome.err()).isEmpty();
        }
    }

    @Test
    void changedAndDeletedSourcesAreBuilt() throws Exception {
        tool("mvn", "echo \"mvn $*\"");
        assertThat(launch(Map.of()).err()).isEmpty();

        Files.setLastModifiedTime(home.resolve("server/src/main/A.java"), hourAfter(JAR));
        assertThat(launch(Map.of()).err())
                .contains("Building the server", "mvn -q -B -Dstyle.color=never -f " + home + "/pom.xml");

        makeJarNewest();
        Files.delete(home.resolve("server/src/main/B.java"));
        Files.setLastModifiedTime(home.resolve("server/src/main"), hourAfter(JAR));
        assertThat(launch(Map.of()).err()).contains("Building the server");
    }

    @Test
    void failedBuildStartsNothing() throws Exception {
        Files.delete(home.resolve(JAR));
        tool("mvn", "echo broken; exit 3");
        Outcome outcome = launch(Map.of());

        assertThat(outcome.status()).isNotZero();
        assertThat(outcome.out()).isEmpty();
        assertThat(outcome.err()).contains("broken");
    }

    @Test
    void missingMavenOrJavaIsReported() throws Exception {
        Files.delete(home.resolve(JAR));
        String message = "ephemeral: mvn is missing, and the server has to be built: install Maven, 3.8.7 or later\n";
        assertThat(launch(Map.of())).isEqualTo(new Outcome(1, "", message));

        Files.delete(tools.resolve("java"));
        assertThat(launch(Map.of()).err()).startsWith("ephemeral: java is missing");
        assertThat(launch(Map.of("JAVA_HOME", "/no such")).err()).startsWith("ephemeral: /no such/bin/java is missing");
    }

    @Test
    void firstStartMakesTheCacheAndLaterOnesUseIt() throws Exception {
        java("25.0.3", "echo cached >\"$cache\"");
        Path cache = home.resolve("server/target/start-25.0.3.aot");

        Outcome first = launch(home, Map.of(), "./ephemeral", "serve");
        assertThat(first.err()).isEqualTo(MAKING.formatted("25.0.3"));
        assertThat(cache).hasContent("cached\n");
        assertThat(cache.resolveSibling(cache.getFileName() + ".lock")).doesNotExist();
        for (Outcome outcome : List.of(first, launch(home, Map.of(), "./ephemeral", "serve"))) {
            assertThat(outcome.out().lines().findFirst()).hasValue("-XX:AOTCache=" + cache);
        }
        assertThat(launch(Map.of()).err()).isEmpty();
    }

    @Test
    void olderJavaUsesAnArchiveOfClasses() throws Exception {
        java("17.0.15", "echo cached >\"$cache\"");

        assertThat(launch(home, Map.of(), "./ephemeral", "serve").out().lines().findFirst())
                .hasValue("-XX:SharedArchiveFile=" + home.resolve("server/target/start-17.0.15.jsa"));
    }

    @Test
    void cacheOfAnotherBuildOrOtherOptionsIsReplaced() throws Exception {
        java("25.0.3", "echo \"${cache##*.}\" >\"$cache\"");
        launch(home, Map.of(), "./ephemeral", "serve");

        for (String input : List.of(JAR, "deploy/jvm.options")) {
            age(home.resolve("server/target/start-25.0.3.aot"), Duration.ofSeconds(30));
            age(home.resolve(input), Duration.ofSeconds(20));
            Outcome outcome = launch(home, Map.of(), "./ephemeral", "--version");
            assertThat(outcome.out()).as("a command that does not serve").doesNotContain("AOTCache");
            assertThat(launch(home, Map.of(), "./ephemeral", "serve").err()).contains("Making the cache");
            assertThat(launch(home, Map.of(), "./ephemeral", "serve").err()).isEmpty();
        }
    }

    @Test
    void failedTrainingIsNotRepeatedAndTheServerStarts() throws Exception {
        java("25.0.3", "echo partly >\"$cache\"; echo why; exit 1");

        for (String err : List.of(MAKING.formatted("25.0.3"), "")) {
            Outcome outcome = launch(home, Map.of(), "./ephemeral", "serve");
            assertThat(outcome.err()).isEqualTo(err);
            assertThat(outcome.out()).doesNotContain("AOTCache").endsWith("serve\n");
        }
        assertThat(home.resolve("server/target/start-25.0.3.aot.log")).hasContent("why\n");
    }

    @Test
    void failedTrainingIsRepeatedAfterADay() throws Exception {
        java("25.0.3", "exit 1");
        launch(home, Map.of(), "./ephemeral", "serve");
        try (Stream<Path> inputs = Files.walk(folder)) {
            for (Path input : inputs.toList()) {
                age(input, Duration.ofHours(49));
            }
        }
        age(home.resolve(JAR), Duration.ofDays(2));
        age(home.resolve("server/target/start-25.0.3.aot"), Duration.ofHours(47));

        assertThat(launch(home, Map.of(), "./ephemeral", "serve").err()).isEqualTo(MAKING.formatted("25.0.3"));
    }

    @Test
    void whileAnotherProcessMakesTheCacheTheServerStartsWithoutIt() throws Exception {
        java("25.0.3", "echo cached >\"$cache\"");
        Path lock = Files.createDirectory(home.resolve("server/target/start-25.0.3.aot.lock"));
        Path owner =
                Files.writeString(lock.resolve("pid"), ProcessHandle.current().pid() + "\n");

        assertThat(launch(home, Map.of(), "./ephemeral", "serve").out()).doesNotContain("AOTCache");

        Files.writeString(owner, "99999999\n"); // no process has this id
        assertThat(launch(home, Map.of(), "./ephemeral", "serve").out()).contains("AOTCache");
    }

    @Test
    void optionsForAnotherCacheReplaceIt() throws Exception {
        java("25.0.3", "echo cached >\"$cache\"");

        for (String option : List.of("-Xshare:off", "-XX:SharedArchiveFile=a", "-XX:AOTMode=off", "-XX:AOTCache=a")) {
            Outcome outcome = launch(home, Map.of("EPHEMERAL_JAVA_OPTS", option), "./ephemeral", "serve");
            assertThat(outcome.out()).doesNotContain("start-25");
            assertThat(outcome.err()).isEmpty();
        }
    }

    private Outcome launch(Map<String, String> env) throws Exception {
        return launch(home, env, "./ephemeral");
    }

    private Outcome launch(Path from, Map<String, String> env, String... command) throws Exception {
        Path out = folder.resolve("out");
        Path err = folder.resolve("err");
        List<String> throughShell = new ArrayList<>(List.of("/bin/sh", "-c", "exec \"$0\" \"$@\""));
        throughShell.addAll(List.of(command)); // so that $0 stays relative
        ProcessBuilder process = new ProcessBuilder(throughShell);
        process.directory(from.toFile()).redirectOutput(out.toFile()).redirectError(err.toFile());
        process.environment().clear();
        process.environment().put("PATH", tools.toString());
        process.environment().putAll(env);
        int status = process.start().waitFor();
        return new Outcome(status, Files.readString(out), Files.readString(err));
    }

    /** A java of this version that makes a cache as the script says, in {@code $cache}. */
    private void java(String version, String makeCache) throws IOException {
        Files.writeString(folder.resolve("release"), "IMPLEMENTOR=\"A\"\nJAVA_VERSION=\"" + version + "\"\n");
        age(folder.resolve("release"), Duration.ofHours(1));
        try (Stream<Path> inputs = Files.walk(home)) {
            for (Path input : inputs.toList()) {
                age(input, Duration.ofHours(1));
            }
        }
        age(home.resolve(JAR), Duration.ofMinutes(1));
        tool(
                "java",
                "for a in \"$@\"; do case $a in -XX:AOTCacheOutput=* | -XX:ArchiveClassesAtExit=*)\n"
                        + "cache=${a#*=}; " + makeCache + "; exit ;; esac; done\n"
                        + "for a in \"$@\"; do echo \"$a\"; done");
    }

    private void tool(String name, String script) throws IOException {
        Path file = Files.writeString(tools.resolve(name), "#!/bin/sh\n" + script + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    private static void age(Path file, Duration age) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    }

    private void makeJarNewest() throws IOException {
        Files.setLastModifiedTime(home.resolve(JAR), hourAfter("server/src/main/A.java"));
    }

    private FileTime hourAfter(String file) throws IOException {
        Instant modified = Files.getLastModifiedTime(home.resolve(file)).toInstant();
        return FileTime.from(modified.plus(Duration.ofHours(1)));
    }

    private static Path where(String tool) {
        return List.of("/bin", "/usr/bin").stream()
                .map(bin -> Path.of(bin, tool))
                .filter(Files::isExecutable)
                .findFirst()
                .orElseThrow();
    }
}
