package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.PublishRequest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The jar is without dependencies of libraries that the server has no use for. The tests have some of them, so what the
 * server loads is read from the log of Java: an upgrade that needs one fails here.
 */
@Tag("contract")
class ExcludedDependenciesTest {

    private static final Pattern EXCLUDED = Pattern.compile(
            "(net\\.bytebuddy|io\\.reactivex|reactor\\.core|jodd|javax\\.cache|org\\.apache\\.commons\\.lang3"
                    + "|io\\.netty\\.handler\\.codec\\.(compression|protobuf|marshalling)"
                    + "|com\\.google\\.(api|type|apps|cloud|geo|logging|longrunning|shopping))\\..*");

    @TempDir
    Path folder;

    @Test
    void serverLoadsNothingOfWhatTheJarLeavesOut() throws Exception {
        Path log = folder.resolve("classes");
        var options = Map.of("JAVA_TOOL_OPTIONS", "-Xlog:class+load:file=" + log + "::filecount=0");
        String yaml = "redis.url: " + TestRedis.url() + RpcCatalog.SETTINGS;
        try (ServerProcess server = ServerProcess.startAsReleased(yaml, 0, options)) {
            server.awaitReady();
            var unused = server.rateLimits()
                    .checkRate(CheckRateRequest.newBuilder()
                            .setUserId(UniqueIds.next())
                            .setAction("a")
                            .build());
            var unusedToo = BroadcastServiceGrpc.newBlockingStub(server.channel())
                    .publish(PublishRequest.newBuilder()
                            .setRoomId(UniqueIds.next())
                            .setSenderId("s")
                            .setPayload(ByteString.copyFromUtf8("p"))
                            .build());
        }
        assertThat(loaded(log))
                .contains("org.redisson.Redisson")
                .noneMatch(name -> EXCLUDED.matcher(name).matches());
    }

    /** The names of the classes: "[0.1s][info][class,load] org.redisson.Redisson source: file:...". */
    private static List<String> loaded(Path log) throws Exception {
        try (Stream<String> lines = Files.lines(log)) {
            return lines.map(line ->
                            line.replaceFirst(".*\\[class,load\\s*] ", "").replaceFirst(" .*", ""))
                    .toList();
        }
    }
}
