package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.grpc.MethodDescriptor.Marshaller;
import java.io.ByteArrayInputStream;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;

/** What the gRPC thread does with the bytes of a CheckRate request, for 10,000 users in turn. */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class RequestBenchmark {

    private static final int USERS = 10_000;
    private static final int MAX_BYTES = 384 * 1024;

    private final CheckRateRequest[] requests = IntStream.range(0, USERS)
            .mapToObj(user -> CheckRateRequest.newBuilder()
                    .setUserId("user-" + user)
                    .setAction("login_attempts")
                    .build())
            .toArray(CheckRateRequest[]::new);
    private final byte[][] bytes = IntStream.range(0, USERS)
            .mapToObj(user -> requests[user].toByteArray())
            .toArray(byte[][]::new);
    private final String[] ids = IntStream.range(0, USERS)
            .mapToObj(user -> requests[user].getUserId())
            .toArray(String[]::new);
    private final Marshaller<CheckRateRequest> marshaller =
            RequestMarshaller.of(RateLimitServiceGrpc.getCheckRateMethod().getRequestMarshaller(), MAX_BYTES);
    private int next;

    private int next() {
        next = next + 1 == USERS ? 0 : next + 1;
        return next;
    }

    @Benchmark
    public CheckRateRequest decode() {
        return marshaller.parse(new ByteArrayInputStream(bytes[next()]));
    }

    @Benchmark
    public String checkId() {
        return IdValidator.check("user_id", ids[next()]);
    }
}
