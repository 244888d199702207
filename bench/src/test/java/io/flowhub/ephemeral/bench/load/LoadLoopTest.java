package io.flowhub.ephemeral.bench.load;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Empty;
import io.flowhub.ephemeral.bench.EmptyRpc;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.shaded.io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** A gRPC server answers what the generator sends. */
@Tag("unit")
class LoadLoopTest {

    private static final int CALLS = 10_000;

    private final AtomicInteger number = new AtomicInteger();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private Server server;
    private volatile Handler handler = (call, observer) -> answer(observer);

    private interface Handler {
        void handle(int number, StreamObserver<Empty> observer);
    }

    @BeforeEach
    void startServer() throws IOException {
        server = NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .addService(ServerServiceDefinition.builder(EmptyRpc.METHOD.getServiceName())
                        .addMethod(
                                EmptyRpc.METHOD,
                                ServerCalls.asyncUnaryCall(
                                        (request, observer) -> handler.handle(number.incrementAndGet(), observer)))
                        .build())
                .build()
                .start();
    }

    @AfterEach
    void stopServer() {
        server.shutdownNow();
        scheduler.shutdownNow();
    }

    @Test
    void everyCallEndsOnce() throws IOException {
        Figures figures = closed(CALLS);
        assertThat(figures.calls()).isEqualTo(CALLS);
        assertThat(number).hasValue(CALLS);
        assertThat(figures.outcomes().failures()).isEqualTo("none");
    }

    @Test
    void everyOtherStatusIsCounted() throws IOException {
        handler = (call, observer) -> {
            if (call % 4 == 0) {
                observer.onError(
                        Status.UNAVAILABLE.withDescription("call " + call).asException());
            } else if (call % 100 == 1) {
                observer.onNext(Empty.getDefaultInstance()); // the message comes before the status
                observer.onError(Status.fromCodeValue(call / 100 % 16 + 1).asException());
            } else {
                answer(observer);
            }
        };
        Figures figures = closed(3_200);
        assertThat(figures.outcomes().failed()).isEqualTo(800 + 32);
        assertThat(figures.outcomes().failures()).contains("UNAVAILABLE:802", "INTERNAL:2", "UNAUTHENTICATED:2");
    }

    @Test
    void responseThatIsNotTheExpectedOneIsCounted() throws IOException {
        LoadMethod method = LoadMethods.of("empty", 10, "");
        LoadMethod allowed = new LoadMethod(method.path(), method.messages(), ResponseCheck.beginsWith(8, 1));
        try (LoadLoop loop = new LoadLoop(server.getPort(), allowed, 1)) {
            Figures figures =
                    loop.run(new ClosedLoop(loop.connections(), Messages.random(allowed.messages(), 1), 3, 100));
            assertThat(figures.outcomes().failures()).isEqualTo("UNEXPECTED_RESPONSE:100");
        }
    }

    @Test
    void latencyAtAFixedRateCountsFromTheScheduledTime() throws IOException {
        handler = (call, observer) -> {
            if (call == 100) {
                pause(500); // all later calls of the connection are late
            }
            answer(observer);
        };
        server.shutdownNow();
        server = directServer();
        LoadMethod method = LoadMethods.of("empty", 10, "");
        try (LoadLoop loop = new LoadLoop(server.getPort(), method, 1)) {
            Figures figures =
                    loop.run(new OpenLoop(loop.connections(), Messages.random(method.messages(), 1), 1_000, 1_000));
            assertThat(figures.perSecond()).isBetween(500.0, 1_001.0);
            assertThat(figures.latencies().maxMicros()).isGreaterThan(450_000);
            assertThat(figures.latencies().micros(0.75)).isGreaterThan(200_000);
        }
    }

    /** A server whose calls run one after the other. */
    private Server directServer() throws IOException {
        return NettyServerBuilder.forAddress(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .directExecutor()
                .addService(ServerServiceDefinition.builder(EmptyRpc.METHOD.getServiceName())
                        .addMethod(
                                EmptyRpc.METHOD,
                                ServerCalls.asyncUnaryCall(
                                        (request, observer) -> handler.handle(number.incrementAndGet(), observer)))
                        .build())
                .build()
                .start();
    }

    @Test
    void callsThatEndInAnotherOrderKeepTheirTimes() throws IOException {
        handler = (call, observer) -> {
            if (call % 500 == 0) {
                var unused = scheduler.schedule(() -> answer(observer), 300, TimeUnit.MILLISECONDS);
            } else {
                answer(observer);
            }
        };
        Figures figures = closed(5_000);
        assertThat(figures.outcomes().failures()).isEqualTo("none");
        assertThat(figures.latencies().maxMicros()).isGreaterThan(290_000);
    }

    private Figures closed(long calls) throws IOException {
        LoadMethod method = LoadMethods.of("empty", 10, "");
        try (LoadLoop loop = new LoadLoop(server.getPort(), method, 4)) {
            return loop.run(new ClosedLoop(loop.connections(), Messages.random(method.messages(), 1), 16, calls));
        }
    }

    private static void answer(StreamObserver<Empty> observer) {
        observer.onNext(Empty.getDefaultInstance());
        observer.onCompleted();
    }

    private static void pause(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
