package io.flowhub.ephemeral.bench;

import com.google.protobuf.ByteString;
import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.Server;
import io.flowhub.ephemeral.server.config.Configuration;
import io.flowhub.ephemeral.v1.BroadcastServiceGrpc;
import io.flowhub.ephemeral.v1.PublishRequest;
import io.flowhub.ephemeral.v1.PublishResponse;
import io.flowhub.ephemeral.v1.SubscribeRequest;
import io.flowhub.ephemeral.v1.SubscribeResponse;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/**
 * Publishes numbered messages in rounds through one server, with a stream at another one. Between the servers and Redis all
 * replies are split at random places, some messages are dropped, and every 50 rounds the subscriptions are cut. A number that
 * does not arrive, without a gap event before the next one, is a silent loss. Ends with status 1 if there was any.
 */
final class LostMessages implements StreamObserver<SubscribeResponse> {

    private static final String ROOM = "numbers";
    private static final int MAX_IN_FLIGHT = 512;
    private static final int ROUNDS_PER_CUT = 50;
    private static final int ROUNDS_PER_LINE = 100;
    private static final long MAX_SILENCE_MILLIS = 6_000;
    private static final long MAX_WAIT_MILLIS = 60_000;

    private final CountDownLatch subscribed = new CountDownLatch(1);
    private final Set<Long> failed;
    private long last;
    private boolean gap;
    private long gaps;
    private long received;
    private long holes;
    private long silent;
    private long disordered;

    private LostMessages(Set<Long> failed) {
        this.failed = failed;
    }

    /** Arguments: port of Redis, rounds, messages of a round, messages of a channel for each that is dropped. */
    public static void main(String[] args) throws Exception {
        int rounds = Integer.parseInt(args[1]);
        int messages = Integer.parseInt(args[2]);
        Set<Long> failed = ConcurrentHashMap.newKeySet();
        LostMessages stream = new LostMessages(failed);
        try (LossyProxy proxy = new LossyProxy(Integer.parseInt(args[0]), Integer.parseInt(args[3]));
                Server first = server(proxy);
                Server second = server(proxy)) {
            ManagedChannel publishing = channel(first);
            ManagedChannel subscribing = channel(second);
            connect(publishing);
            subscribe(subscribing, stream);
            long number = 0;
            for (int round = 1; round <= rounds; round++) {
                publish(publishing, number, messages, failed);
                number += messages;
                stream.awaitRound(number);
                failed.clear();
                if (round % ROUNDS_PER_CUT == 0) {
                    proxy.closeSubscriptions();
                }
                if (round % ROUNDS_PER_LINE == 0 || round == rounds) {
                    System.out.printf("rounds %d published %d dropped %d %s%n", round, number, proxy.dropped(), stream);
                }
            }
            publishing.shutdownNow();
            subscribing.shutdownNow();
        }
        System.exit(stream.isSound() ? 0 : 1);
    }

    private static Server server(LossyProxy proxy) throws Exception {
        Map<String, String> environment = Map.of(
                "EPHEMERAL_SERVER_PORT", "0",
                "EPHEMERAL_SERVER_MAX_STREAM_AGE", "24h",
                "EPHEMERAL_REDIS_URL", "redis://127.0.0.1:" + proxy.port());
        return Server.start(Configuration.load(Features.settings(), Map.of(), environment, null));
    }

    private static ManagedChannel channel(Server server) {
        return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
                .usePlaintext()
                .directExecutor()
                .build();
    }

    private static void subscribe(ManagedChannel channel, LostMessages stream) throws InterruptedException {
        BroadcastServiceGrpc.newStub(channel)
                .withWaitForReady()
                .subscribe(stream)
                .onNext(SubscribeRequest.newBuilder().addAddRoomIds(ROOM).build());
        if (!stream.subscribed.await(MAX_WAIT_MILLIS, TimeUnit.MILLISECONDS)) {
            throw new IllegalStateException("not subscribed");
        }
    }

    /** Calls that wait for a connection are not in order with those that follow. */
    private static void connect(ManagedChannel channel) {
        var unused = BroadcastServiceGrpc.newBlockingStub(channel)
                .withWaitForReady()
                .publish(PublishRequest.newBuilder()
                        .setRoomId("other")
                        .setSenderId("sender")
                        .build());
    }

    private static void publish(ManagedChannel channel, long before, int messages, Set<Long> failed)
            throws InterruptedException {
        var stub = BroadcastServiceGrpc.newStub(channel);
        Semaphore inFlight = new Semaphore(MAX_IN_FLIGHT);
        for (long number = before + 1; number <= before + messages; number++) {
            inFlight.acquire();
            long published = number;
            stub.publish(
                    PublishRequest.newBuilder()
                            .setRoomId(ROOM)
                            .setSenderId("sender")
                            .setPayload(ByteString.copyFromUtf8(Long.toString(number)))
                            .build(),
                    new StreamObserver<PublishResponse>() {
                        @Override
                        public void onNext(PublishResponse response) {}

                        @Override
                        public void onError(Throwable failure) {
                            failed.add(published);
                            inFlight.release();
                        }

                        @Override
                        public void onCompleted() {
                            inFlight.release();
                        }
                    });
        }
        inFlight.acquire(MAX_IN_FLIGHT);
    }

    /** Waits for the last message of a round, or until nothing more arrives after a gap. */
    private synchronized void awaitRound(long number) throws InterruptedException {
        long before = -1;
        while (last < number && before != received + gaps) {
            before = received + gaps;
            wait(gap ? MAX_SILENCE_MILLIS : MAX_WAIT_MILLIS);
        }
        if (last < number) {
            expect(number + 1);
            last = number;
        }
    }

    @Override
    public synchronized void onNext(SubscribeResponse response) {
        switch (response.getEventCase()) {
            case SUBSCRIBED -> subscribed.countDown();
            case GAP -> {
                gap = true;
                gaps++;
            }
            case MESSAGE -> {
                received++;
                expect(Long.parseLong(response.getMessage().getPayload().toStringUtf8()));
            }
            default -> throw new IllegalStateException("unexpected event: " + response.getEventCase());
        }
        notifyAll();
    }

    private void expect(long number) {
        if (number <= last) {
            disordered += failed.contains(number) ? 0 : 1;
            return;
        }
        long missing = 0;
        for (long each = last + 1; each < number; each++) {
            missing += failed.contains(each) ? 0 : 1;
        }
        holes += missing;
        silent += gap ? 0 : missing;
        gap = false;
        last = number;
    }

    private synchronized boolean isSound() {
        return silent == 0 && disordered == 0;
    }

    @Override
    public synchronized void onError(Throwable failure) {
        silent++;
        failure.printStackTrace();
    }

    @Override
    public void onCompleted() {}

    @Override
    public synchronized String toString() {
        return "received %d, missing %d, gaps %d, silent %d, out of order %d"
                .formatted(received, holes, gaps, silent, disordered);
    }
}
