package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.fixture.Eventually;
import io.flowhub.ephemeral.server.fixture.HeapInfo;
import io.flowhub.ephemeral.server.fixture.RawHttp2;
import io.flowhub.ephemeral.server.fixture.RawHttp2.Header;
import io.flowhub.ephemeral.server.fixture.ServerProcess;
import io.flowhub.ephemeral.server.fixture.TestRedis;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import io.flowhub.ephemeral.server.fixture.UniqueIds;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.grpc.Status;
import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.AutoClose;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Broken frames, mutated messages and arbitrary headers to every method, over a connection; always the same ones. With
 * {@code -Dfuzz.rounds} more of them.
 */
@Tag("fault")
class FuzzedCallsTest {

    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 6);
    private static final int WARM_UP_ROUNDS = 2;

    private static final String HEALTH = "grpc.health.v1.Health/Check";

    /** A method, and a valid message. */
    private record Method(String name, boolean unary, ByteString message) {}

    /** Asks reflection for the names of all services. */
    private static final ByteString LIST = ByteString.copyFromUtf8("\72\0");

    private static final List<Method> METHODS = Stream.concat(
                    RpcCatalog.ALL.stream()
                            .map(rpc -> new Method(
                                    rpc.method().getFullMethodName(),
                                    !rpc.streams(),
                                    rpc.validRequest("fuzzed").toByteString())),
                    Stream.of(
                            new Method(HEALTH, true, ByteString.EMPTY),
                            new Method("grpc.health.v1.Health/Watch", false, ByteString.EMPTY),
                            new Method("grpc.reflection.v1.ServerReflection/ServerReflectionInfo", false, LIST),
                            new Method("grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", false, LIST),
                            new Method("flowhub.ephemeral.v1.RateLimitService/None", true, ByteString.EMPTY)))
            .toList();

    /** What grpc-java itself sends as INTERNAL or UNKNOWN for broken framing, and no setting changes. */
    private static final Set<String> OF_GRPC = Set.of(
            "gRPC frame header malformed: reserved bits not zero",
            "Encountered end-of-stream mid-frame",
            "Can't decode compressed gRPC message as compression not configured",
            "Too many requests",
            "Half-closed without a request",
            "Content-Type ");

    @AutoClose
    private final ServerProcess server =
            ServerProcess.startAsReleased("redis.url: " + TestRedis.url() + RpcCatalog.SETTINGS);

    private final Random random = new Random(1);
    private int answered;

    @Test
    void brokenCallsEndWithADocumentedStatusAndLeaveNothingBehind() throws Exception {
        server.awaitReady();
        callAll(WARM_UP_ROUNDS);
        long files = openFiles();
        long heap = HeapInfo.afterCollection(server.handle()).used();

        callAll(ROUNDS);

        assertThat(answered).isGreaterThan(METHODS.size() * ROUNDS * 3 / 4);
        assertThat(server.rateLimits().checkRate(check()).getAllowed()).isTrue();
        assertThat(HeapInfo.afterCollection(server.handle()).used()).isLessThan(heap + 8_192);
        Eventually.soon("files are closed", () -> openFiles() <= files + 5);
        assertThat(server.log().lines())
                .hasSizeLessThan(200 + ROUNDS)
                .noneMatch(line -> line.contains("Unexpected error") || line.startsWith("\tat "));
    }

    private static CheckRateRequest check() {
        return CheckRateRequest.newBuilder()
                .setUserId(UniqueIds.next())
                .setAction("a")
                .build();
    }

    private void callAll(int rounds) throws IOException {
        answered = 0;
        for (Method method : METHODS) {
            for (int done = 0; done < rounds; ) {
                try (RawHttp2 connection = new RawHttp2(server.socket())) {
                    while (done++ < rounds && call(connection, method)) {
                        answered++;
                    }
                } catch (SocketException | EOFException e) { // the server ended the connection while this wrote to it
                }
            }
        }
    }

    /** Makes a broken call, then a good one. Returns whether the connection is open. */
    private boolean call(RawHttp2 connection, Method method) throws IOException {
        boolean bareMessage = random.nextInt(4) > 0;
        int broken = connection.post(
                "/" + method.name,
                bareMessage ? List.of() : headers(),
                bareMessage ? body(method) : frame(0, method.message.toByteArray()));
        int good = connection.post("/" + HEALTH, List.of(), frame(0, new byte[0]));
        Map<String, String> goodEnd = connection.awaitEnd(good);
        if (goodEnd == null || (method.unary && connection.awaitEnd(broken) == null)) {
            return false;
        }
        assertThat(goodEnd).containsEntry("grpc-status", "0");
        requireDocumented(method, connection.headersOf(broken));
        if (!connection.hasEnded(broken)) {
            connection.reset(broken);
        }
        return true;
    }

    private static void requireDocumented(Method method, Map<String, String> end) {
        int code = Integer.parseInt(end.getOrDefault("grpc-status", "0"));
        String message = end.getOrDefault("grpc-message", "");
        if (code == Status.Code.INTERNAL.value() || code == Status.Code.UNKNOWN.value()) {
            assertThat(OF_GRPC).as(method.name + ": " + end).anyMatch(message::startsWith);
        }
    }

    private byte[] body(Method method) {
        byte[] message = method.message.toByteArray();
        return switch (random.nextInt(9)) {
            case 0 -> frame(1, message); // "compressed", and no compression was announced
            case 1 -> frame(random.nextInt(2, 256), message);
            case 2 -> framed(0, Integer.MAX_VALUE, message);
            case 3 -> framed(0, -1, message);
            case 4 -> framed(0, message.length + 1 + random.nextInt(100), message);
            case 5 -> joined(frame(0, message), frame(0, mutated(message)), frame(0, message));
            case 6 -> arbitrary(random.nextInt(0, 200));
            case 7 -> frame(0, arbitrary(random.nextInt(0, 2_000)));
            default -> frame(0, mutated(message));
        };
    }

    private List<Header> headers() {
        List<Header> headers = new ArrayList<>();
        List<String> names = List.of(
                "grpc-timeout",
                "grpc-encoding",
                "grpc-accept-encoding",
                "grpc-trace-bin",
                "authorization",
                "content-type",
                "te",
                "user-agent",
                "x-" + random.nextInt(1_000),
                "x-" + random.nextInt(1_000) + "-bin");
        for (int i = random.nextInt(1, 5); i > 0; i--) {
            String value = new String(arbitrary(random.nextInt(0, 100)), StandardCharsets.ISO_8859_1);
            boolean printable = random.nextBoolean();
            headers.add(new Header(
                    names.get(random.nextInt(names.size())), printable ? value.replaceAll("[^ -~]", "") : value));
        }
        return headers;
    }

    private byte[] mutated(byte[] message) {
        byte[] mutated = message.clone();
        for (int i = random.nextInt(1, 4); i > 0 && mutated.length > 0; i--) {
            mutated[random.nextInt(mutated.length)] = (byte) random.nextInt();
        }
        return mutated;
    }

    private byte[] arbitrary(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    private static byte[] frame(int flag, byte[] message) {
        return framed(flag, message.length, message);
    }

    private static byte[] framed(int flag, int length, byte[] message) {
        return Unchecked.call(() -> {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream frame = new DataOutputStream(bytes);
            frame.writeByte(flag);
            frame.writeInt(length);
            frame.write(message);
            return bytes.toByteArray();
        });
    }

    private static byte[] joined(byte[]... parts) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            bytes.writeBytes(part);
        }
        return bytes.toByteArray();
    }

    /** 0 where the system does not list them. */
    private long openFiles() throws IOException {
        Path folder = Path.of("/proc/" + server.handle().pid() + "/fd");
        if (!Files.isDirectory(folder)) {
            return 0;
        }
        try (Stream<Path> files = Files.list(folder)) {
            return files.count();
        }
    }
}
