package io.flowhub.ephemeral.spring.observation;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.SubscriptionListener;
import io.flowhub.ephemeral.spring.fixture.LimitServer;
import io.flowhub.ephemeral.spring.fixture.PlainApplication;
import io.flowhub.ephemeral.spring.fixture.RunningApplication;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.micrometer.core.instrument.MeterRegistry;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Tag("contract")
@Timeout(60)
class EphemeralObservationTest {

    @Test
    void unaryCallsAreObservedAndStreamsAreNot() throws Exception {
        try (LimitServer server = LimitServer.start();
                RunningApplication application = RunningApplication.start(PlainApplication.class, server)) {
            EphemeralClient client = application.bean(EphemeralClient.class);
            client.rateLimits().checkRate(CheckRateRequest.getDefaultInstance());
            CountDownLatch streamEnded = new CountDownLatch(1);
            client.subscribe(new SubscriptionListener() {
                @Override
                public void message(String roomId, String senderId, ByteString payload) {}

                @Override
                public void disconnected(Throwable cause) {
                    streamEnded.countDown(); // The server has no such service.
                }
            });
            assertThat(streamEnded.await(20, TimeUnit.SECONDS)).isTrue();

            MeterRegistry meters = application.bean(MeterRegistry.class);
            assertThat(meters.get("grpc.client")
                            .tag("rpc.method", "CheckRate")
                            .tag("rpc.service", "flowhub.ephemeral.v1.RateLimitService")
                            .tag("grpc.status_code", "OK")
                            .timer()
                            .count())
                    .isEqualTo(1);
            assertThat(meters.getMeters())
                    .noneMatch(meter -> "Subscribe".equals(meter.getId().getTag("rpc.method")));
        }
    }
}
