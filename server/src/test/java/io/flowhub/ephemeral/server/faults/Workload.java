package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.faults.History.Call;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Clients of two servers that use every feature, whatever happens to the servers, and check that what they get is what a
 * single sequential server could have returned. Objects are short-lived: an id is used for some seconds, its history is
 * checked and dropped.
 */
final class Workload implements AutoCloseable {

    private static final int CLIENTS = 3;

    private final Availability availability = new Availability();
    private final Findings findings = new Findings();
    private final Losses losses = new Losses();
    private final AtomicLong checked = new AtomicLong();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong undecided = new AtomicLong();
    private final List<ManagedChannel> servers;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final List<Future<?>> lanes = new ArrayList<>();
    private volatile boolean running = true;

    /** What the servers need in their configuration, as lines of YAML. */
    static String settings() {
        return """
                rate_limit.policies: {%s: {limit: %d, window: 1h}}
                otp.pepper: only-for-this-test-0123456789abcdefgh
                """.formatted(RateSubject.ACTION, RateSubject.LIMIT);
    }

    /** @param targets host and port of each server */
    static Workload start(List<String> targets) {
        Workload workload = new Workload(targets);
        workload.use(() -> new RateSubject(false));
        workload.use(() -> new RateSubject(true));
        return workload;
    }

    private Workload(List<String> targets) {
        servers = targets.stream()
                .<ManagedChannel>map(target -> NettyChannelBuilder.forTarget(target)
                        .usePlaintext()
                        .keepAliveTime(10, TimeUnit.SECONDS)
                        .keepAliveTimeout(2, TimeUnit.SECONDS)
                        .build())
                .toList();
    }

    Availability availability() {
        return availability;
    }

    /**
     * From here on Redis may lose what it holds, until {@link #stateIsKept}: it is killed without persistence, fails over,
     * or its clock jumps. Of objects in use only what came before is checked.
     */
    void stateMayBeLost() {
        losses.begin();
    }

    /** From here on Redis loses nothing: what is written now stays until it expires. */
    void stateIsKept() {
        losses.end();
    }

    /** Stops the clients, and waits this long for all servers to agree. */
    void settle(Duration limit) {
        running = false;
        for (Future<?> lane : lanes) {
            try {
                lane.get(60, TimeUnit.SECONDS);
            } catch (ExecutionException e) {
                findings.add("a client failed: " + e.getCause());
            } catch (Exception e) {
                throw new AssertionError("clients do not end", e);
            }
        }
        lanes.clear();
    }

    /** What contradicts the contract, empty if nothing does. */
    List<String> violations() {
        return findings.all();
    }

    /** How much was checked, for a log. */
    String summary() {
        return "%d calls for %d objects checked, %d histories too large"
                .formatted(calls.get(), checked.get(), undecided.get());
    }

    private <S> void use(Supplier<Subject<S>> subjects) {
        lanes.add(threads.submit(() -> {
            while (running) {
                Subject<S> subject = subjects.get();
                long start = System.nanoTime();
                useAndCheck(subject, start);
            }
            return null;
        }));
    }

    private <S> void useAndCheck(Subject<S> subject, long start) throws Exception {
        List<Future<?>> clients = new ArrayList<>();
        int pace = ThreadLocalRandom.current().nextInt(4) == 0 ? 500 : 20; // some objects are there for a whole fault
        for (int i = 0; i < CLIENTS; i++) {
            Client client = new Client(servers, availability, findings);
            clients.add(threads.submit(() -> {
                while (running && !subject.history.isFull()) {
                    subject.act(client);
                    client.pause(client.random(pace));
                }
            }));
        }
        for (Future<?> client : clients) {
            client.get();
        }
        check(subject, start);
    }

    private <S> void check(Subject<S> subject, long start) {
        List<Call<S>> history = subject.history.callsBefore(losses.firstAfter(start));
        checked.incrementAndGet();
        calls.addAndGet(history.size());
        switch (Linearization.search(subject.initial(), history)) {
            case EXPLAINED -> {}
            case TOO_LARGE -> undecided.incrementAndGet();
            case NOT_EXPLAINED ->
                findings.add(subject.getClass().getSimpleName() + ": no order explains these calls (ms)\n"
                        + History.text(history));
        }
    }

    @Override
    public void close() {
        running = false;
        threads.shutdownNow();
        servers.forEach(ManagedChannel::shutdownNow);
    }
}
