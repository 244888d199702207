package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.UInt64Value;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.flowhub.ephemeral.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor.Entry;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitServiceGrpc;
import io.grpc.Channel;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;

/** Calls of ShouldRateLimit. */
record RlsCalls(Channel channel, String domain) {

    /** No window of an hour or a day ends during a test that begins with {@link #awaitLongWindow}. */
    private static final long MARGIN_SECONDS = 20;

    /** @param keysAndValues of the entries */
    static RateLimitDescriptor descriptor(String... keysAndValues) {
        RateLimitDescriptor.Builder descriptor = RateLimitDescriptor.newBuilder();
        for (int i = 0; i < keysAndValues.length; i += 2) {
            descriptor.addEntries(Entry.newBuilder().setKey(keysAndValues[i]).setValue(keysAndValues[i + 1]));
        }
        return descriptor.build();
    }

    static RateLimitDescriptor withHits(long hits, RateLimitDescriptor descriptor) {
        return descriptor.toBuilder().setHitsAddend(UInt64Value.of(hits)).build();
    }

    RateLimitResponse call(RateLimitDescriptor... descriptors) {
        return call(RateLimitRequest.newBuilder()
                .setDomain(domain)
                .addAllDescriptors(List.of(descriptors))
                .build());
    }

    RateLimitResponse call(RateLimitRequest request) {
        return RateLimitServiceGrpc.newBlockingStub(channel)
                .withDeadlineAfter(20, TimeUnit.SECONDS)
                .shouldRateLimit(request);
    }

    DescriptorStatus status(RateLimitDescriptor descriptor) {
        return call(descriptor).getStatuses(0);
    }

    static String outcome(DescriptorStatus status) {
        return status.getCode() + " " + Integer.toUnsignedString(status.getLimitRemaining());
    }

    /** Code and remaining hits of this many calls. */
    List<String> outcomes(int calls, RateLimitDescriptor descriptor) {
        return IntStream.range(0, calls)
                .mapToObj(i -> outcome(status(descriptor)))
                .toList();
    }

    /** Windows begin at multiples of their length, so one may end during a test. */
    static void awaitLongWindow() throws InterruptedException {
        long left = 3_600 - Instant.now().getEpochSecond() % 3_600;
        if (left < MARGIN_SECONDS) {
            Thread.sleep(Duration.ofSeconds(left + 1).toMillis());
        }
    }
}
