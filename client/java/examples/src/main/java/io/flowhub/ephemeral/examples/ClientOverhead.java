package io.flowhub.ephemeral.examples;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc;
import io.flowhub.ephemeral.v1.RateLimitServiceGrpc.RateLimitServiceBlockingStub;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;

/**
 * What the client costs: calls a second of its CheckRate, divided by those of the generated stub on a channel without the
 * client. Both send the same requests over one connection, in turns, so that the machine is the same for both.
 */
public final class ClientOverhead {

    private static final int THREADS = 8;
    private static final int WARM_UP_TURNS = 3;
    private static final String ACTION = "api_hits";

    private final AtomicLong users = new AtomicLong();
    private final String run = UUID.randomUUID().toString();

    /** @param args the server's address, {@code localhost:9090} by default; seconds of a turn, 3 by default; turns, 5 */
    public static void main(String[] args) throws InterruptedException {
        String target = args.length > 0 ? args[0] : "localhost:9090";
        int seconds = args.length > 1 ? Integer.parseInt(args[1]) : 3;
        int turns = args.length > 2 ? Integer.parseInt(args[2]) : 5;
        ManagedChannel bare = Grpc.newChannelBuilder(target, InsecureChannelCredentials.create())
                .build();
        try (EphemeralClient client = EphemeralClient.builder(target)
                .plaintext()
                .deadline(Duration.ofSeconds(10))
                .build()) {
            new ClientOverhead().compare(client, RateLimitServiceGrpc.newBlockingStub(bare), seconds, turns);
        } finally {
            bare.shutdownNow();
        }
    }

    private void compare(EphemeralClient client, RateLimitServiceBlockingStub stub, int seconds, int turns)
            throws InterruptedException {
        Consumer<String> ofClient = user -> client.checkRate(user, ACTION);
        Consumer<String> ofStub = user -> stub.checkRate(CheckRateRequest.newBuilder()
                .setUserId(user)
                .setAction(ACTION)
                .setHits(1)
                .setRequestId(UUID.randomUUID().toString())
                .build());
        for (int i = 0; i < WARM_UP_TURNS; i++) { // Until both are compiled: the client has more code.
            callsPerSecond(ofClient, seconds);
            callsPerSecond(ofStub, seconds);
        }
        List<Double> ratios = new ArrayList<>();
        for (int turn = 1; turn <= turns; turn++) {
            boolean isClientFirst = turn % 2 == 0;
            double first = callsPerSecond(isClientFirst ? ofClient : ofStub, seconds);
            double second = callsPerSecond(isClientFirst ? ofStub : ofClient, seconds);
            double withClient = isClientFirst ? first : second;
            double without = isClientFirst ? second : first;
            ratios.add(withClient / without);
            System.out.printf("client %,.0f calls/s, bare stub %,.0f calls/s%n", withClient, without);
        }
        Collections.sort(ratios);
        System.out.printf("client / bare stub: %.2f, the median of %d turns%n", ratios.get(turns / 2), turns);
    }

    private double callsPerSecond(Consumer<String> call, int seconds) throws InterruptedException {
        AtomicLong calls = new AtomicLong();
        long begin = System.nanoTime();
        long end = begin + TimeUnit.SECONDS.toNanos(seconds);
        ExecutorService threads = Executors.newFixedThreadPool(THREADS);
        for (int i = 0; i < THREADS; i++) {
            threads.execute(() -> {
                while (System.nanoTime() < end) {
                    call.accept(run + "-" + users.incrementAndGet());
                    calls.incrementAndGet();
                }
            });
        }
        threads.shutdown();
        if (!threads.awaitTermination(seconds + 60, TimeUnit.SECONDS)) {
            throw new IllegalStateException("A call did not end");
        }
        return calls.get() * 1e9 / (System.nanoTime() - begin);
    }
}
