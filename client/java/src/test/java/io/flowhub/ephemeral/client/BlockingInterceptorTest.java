package io.flowhub.ephemeral.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.fixture.FakeServer;
import io.flowhub.ephemeral.client.fixture.GatedLoader;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.ClientInterceptor;
import io.grpc.MethodDescriptor;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** An application's interceptor that blocks while the client polls the cache. */
@Tag("contract")
@Timeout(60)
class BlockingInterceptorTest {

    private static final String JSON = "{\"name\":\"Ann\"}";

    @Test
    void blockedPollDelaysNoTimeoutOfTheApplicationAndNoMaxCacheWait() throws Exception {
        BlocksFromTheSecondCallOn interceptor = new BlocksFromTheSecondCallOn();
        try (FakeServer server = FakeServer.start();
                EphemeralClient client = EphemeralClient.builder(server.target())
                        .plaintext()
                        .intercept(interceptor)
                        .maxCacheWait(Duration.ofSeconds(3))
                        .loadDeadline(Duration.ofSeconds(20))
                        .build()) {
            server.cache.leaseToAnotherProcess("42");
            CompletableFuture<Optional<String>> read = client.users().getAsync("42", GatedLoader.of(JSON));
            assertThat(interceptor.blocked.await(10, TimeUnit.SECONDS)).isTrue();
            try {
                CompletableFuture<Void> unrelated = new CompletableFuture<Void>().orTimeout(10, TimeUnit.MILLISECONDS);

                assertThatThrownBy(() -> unrelated.get(5, TimeUnit.SECONDS)).hasCauseInstanceOf(TimeoutException.class);
                assertThat(read.get(10, TimeUnit.SECONDS)).contains(JSON);
            } finally {
                interceptor.release.countDown();
            }
        }
    }

    private static final class BlocksFromTheSecondCallOn implements ClientInterceptor {

        final CountDownLatch blocked = new CountDownLatch(1);
        final CountDownLatch release = new CountDownLatch(1);
        private final AtomicInteger calls = new AtomicInteger();

        @Override
        public <Q, A> ClientCall<Q, A> interceptCall(MethodDescriptor<Q, A> method, CallOptions options, Channel next) {
            if (calls.incrementAndGet() > 1) {
                blocked.countDown();
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            }
            return next.newCall(method, options);
        }
    }
}
