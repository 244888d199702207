package io.flowhub.ephemeral.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.fixture.TestServer;
import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.Channel;
import io.grpc.ClientInterceptors;
import io.grpc.Metadata;
import io.grpc.Status.Code;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** What one connection may do, as docs/security.md states it. Some of it only a client does that is not gRPC. */
@Tag("contract")
@Tag("quick")
class ConnectionBoundsTest {

    private static final int HEADERS = 1;
    private static final int RST_STREAM = 3;
    private static final int SETTINGS = 4;
    private static final int PING = 6;
    private static final int GOAWAY = 7;
    private static final int END_OF_HEADERS = 4;

    private static final int ENHANCE_YOUR_CALM = 11;
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);

    /** {@code POST http /}, in HPACK's static table. */
    private static final byte[] REQUEST = {(byte) 0x83, (byte) 0x86, (byte) 0x84};

    private static TestServer server;

    @BeforeAll
    static void start() {
        server = TestServer.shared(RpcCatalog.SETTINGS);
    }

    @AfterAll
    static void stop() {
        server.close();
    }

    @Test
    void serverAnnouncesItsBounds() throws Exception {
        try (RawConnection connection = new RawConnection()) {
            Map<Integer, Integer> settings = connection.awaitSettings();
            assertThat(settings)
                    .containsEntry(3, 1_024) // SETTINGS_MAX_CONCURRENT_STREAMS
                    .containsEntry(4, 128 * 1_024) // SETTINGS_INITIAL_WINDOW_SIZE
                    .containsEntry(6, 8 * 1_024); // SETTINGS_MAX_HEADER_LIST_SIZE
        }
    }

    @Test
    void frequentPingsEndTheConnection() throws Exception {
        try (RawConnection connection = new RawConnection()) {
            connection.awaitSettings();
            connection.sendAtOnce(PING, new byte[8], 10);
            assertThat(connection.awaitGoAway()).contains("too_many_pings");
        }
    }

    @Test
    void thousandsOfResetCallsEndTheConnection() throws Exception {
        try (RawConnection connection = new RawConnection()) {
            connection.awaitSettings();
            connection.keepSending(() -> {
                for (int stream = 1; stream < 100_000; stream += 2) {
                    connection.send(HEADERS, END_OF_HEADERS, stream, REQUEST);
                    connection.send(RST_STREAM, 0, stream, new byte[] {0, 0, 0, 8});
                }
            });
            connection.awaitEnd();
        }
    }

    @Test
    void longHeadersAndLongRequestsFailTheirCallOnly() {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of("x", Metadata.ASCII_STRING_MARSHALLER), "x".repeat(8 * 1_024));
        Channel withHeaders =
                ClientInterceptors.intercept(server.channel(), MetadataUtils.newAttachHeadersInterceptor(headers));
        assertThat(code(() -> check(withHeaders))).isEqualTo(Code.INTERNAL);
        PutCachedUserRequest request = PutCachedUserRequest.newBuilder()
                .setId("a")
                .setJson("x".repeat(384 * 1_024))
                .build();
        assertThat(code(() -> CacheServiceGrpc.newBlockingStub(server.channel())
                        .withDeadlineAfter(20, TimeUnit.SECONDS)
                        .putCachedUser(request)))
                .isEqualTo(Code.RESOURCE_EXHAUSTED);
        check(server.channel());
    }

    private static Code code(ThrowingCallable call) {
        return catchThrowableOfType(StatusRuntimeException.class, call)
                .getStatus()
                .getCode();
    }

    private static void check(Channel channel) {
        var unused = RateLimitServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .checkRate(CheckRateRequest.newBuilder()
                        .setUserId("connection-bounds-test")
                        .setAction("a")
                        .build());
    }

    /** A connection that speaks HTTP/2 frame by frame. */
    private static final class RawConnection implements AutoCloseable {

        private final Socket socket =
                new Socket(InetAddress.getLoopbackAddress(), server.server().port());
        private final DataOutputStream out = new DataOutputStream(socket.getOutputStream());
        private final DataInputStream in = new DataInputStream(socket.getInputStream());

        RawConnection() throws IOException {
            socket.setSoTimeout((int) TimeUnit.SECONDS.toMillis(30));
            out.write(PREFACE);
            send(SETTINGS, 0, 0, new byte[0]);
        }

        void send(int type, int flags, int stream, byte[] payload) throws IOException {
            out.write(frame(type, flags, stream, payload));
        }

        /** In one write: the server may close the connection after any of the frames. */
        void sendAtOnce(int type, byte[] payload, int times) throws IOException {
            byte[] frame = frame(type, 0, 0, payload);
            ByteBuffer frames = ByteBuffer.allocate(times * frame.length);
            for (int i = 0; i < times; i++) {
                frames.put(frame);
            }
            out.write(frames.array());
        }

        private static byte[] frame(int type, int flags, int stream, byte[] payload) {
            return ByteBuffer.allocate(9 + payload.length)
                    .putInt(payload.length << 8 | type)
                    .put((byte) flags)
                    .putInt(stream)
                    .put(payload)
                    .array();
        }

        interface Sender {
            void run() throws IOException;
        }

        /** Until the server closes the connection. */
        void keepSending(Sender sender) {
            Thread thread = new Thread(() -> {
                try {
                    sender.run();
                } catch (IOException e) {
                    // closed
                }
            });
            thread.setDaemon(true);
            thread.start();
        }

        Map<Integer, Integer> awaitSettings() throws IOException {
            ByteBuffer payload = await(SETTINGS);
            Map<Integer, Integer> settings = new HashMap<>();
            while (payload.hasRemaining()) {
                settings.put((int) payload.getShort(), payload.getInt());
            }
            return settings;
        }

        /** Returns the reason in words. */
        String awaitGoAway() throws IOException {
            ByteBuffer payload = await(GOAWAY);
            int lastStream = payload.getInt();
            assertThat(payload.getInt()).as("code after stream %s", lastStream).isEqualTo(ENHANCE_YOUR_CALM);
            return StandardCharsets.US_ASCII.decode(payload).toString();
        }

        /** Of the connection; bytes that the server has not read may cut off its last frame. */
        void awaitEnd() throws IOException {
            try {
                while (in.read() >= 0) {}
            } catch (SocketException e) {
                // ended
            }
        }

        private ByteBuffer await(int type) throws IOException {
            while (true) {
                int lengthAndType = in.readInt();
                in.readFully(new byte[5]);
                byte[] payload = in.readNBytes(lengthAndType >>> 8);
                if ((lengthAndType & 0xff) == type) {
                    return ByteBuffer.wrap(payload);
                }
            }
        }

        @Override
        public void close() throws IOException {
            socket.close();
        }
    }
}
