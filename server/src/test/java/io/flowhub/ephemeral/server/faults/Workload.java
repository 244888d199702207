package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.server.faults.History.Call;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;

/**
 * Clients of two servers that use every feature, whatever happens to the servers, and check that what they get is what a
 * single sequential server could have returned. Objects are short-lived: an id is used for some seconds, its history is
 * checked and dropped.
 */
final class Workload implements AutoCloseable {

    private static final int CLIENTS = 3;

    private final MeasuredAvailability availability = new MeasuredAvailability();
    private final Findings findings = new Findings();
    private final Losses losses = new Losses();
    private final AtomicLong checked = new AtomicLong();
    private final AtomicLong calls = new AtomicLong();
    private final AtomicLong undecided = new AtomicLong();
    private final List<ManagedChannel> servers;
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private final ScheduledExecutorService scheduler = Executors.newSingleThreadScheduledExecutor();
    private final List<Watched> watched = new ArrayList<>();
    private final List<Future<?>> lanes = new ArrayList<>();
    private volatile boolean running = true;

    /** What the servers need in their configuration, as lines of YAML. */
    static String settings() {
        return """
                rate_limit.policies:
                  %1$s: {limit: %2$d, window: 1h}
                  fixed_window: {limit: %5$d, window: 1s}
                  sliding_window: {limit: %5$d, window: 1s, algorithm: sliding_window}
                  token_bucket: {limit: %5$d, window: 1s, algorithm: token_bucket}
                otp.pepper: only-for-this-test-0123456789abcdefgh
                otp.digits: 10
                otp.resend_cooldown: 0s
                otp.max_issues_per_hour: 100
                otp.max_attempts: %3$d
                otp.max_failed_attempts_per_hour: %4$d
                cache.lease: 30s
                presence.ttl: 3s
                """.formatted(
                        RateSubject.ACTION,
                        RateSubject.LIMIT,
                        OtpSubject.MAX_ATTEMPTS,
                        OtpSubject.MAX_FAILURES,
                        ShortWindowSubject.LIMIT);
    }

    /** @param targets host and port of each server */
    static Workload start(List<String> targets) {
        Workload workload = new Workload(targets);
        workload.use(() -> new RateSubject(false));
        workload.use(() -> new RateSubject(true));
        workload.use(ShortWindowSubject::new);
        workload.use(OtpSubject::new);
        workload.use(TokenSubject::new);
        workload.use(SessionFlagSubject::new);
        workload.use(FeatureFlagSubject::new);
        workload.use(CacheSubject::new);
        workload.watch(new PresenceUsers(workload.servers, workload.scheduler, workload.findings, workload.losses));
        workload.watch(new TypingRooms(workload.servers, workload.scheduler, workload.findings));
        workload.watch(new MessageRoom(workload.servers, workload.scheduler, workload.findings));
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

    MeasuredAvailability availability() {
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

    /** Stops the clients, and waits this long for the streams of all servers to report what a read returns. */
    void settle(Duration limit) {
        running = false;
        lanes.forEach(this::join);
        lanes.clear();
        List<Future<?>> settling = watched.stream()
                .<Future<?>>map(object -> threads.submit(() -> settle(object, limit)))
                .toList();
        settling.forEach(this::join);
    }

    private void join(Future<?> thread) {
        try {
            thread.get(2, TimeUnit.MINUTES);
        } catch (InterruptedException | TimeoutException e) {
            throw new AssertionError("clients do not end", e);
        } catch (ExecutionException e) {
            findings.add("a client failed: " + e.getCause());
        }
    }

    /** Two reads in a row agree with the streams: one that does not may have been sent while an event was on its way. */
    private void settle(Watched object, Duration limit) {
        Client client = client();
        long end = System.nanoTime() + limit.toNanos();
        int agreed = 0;
        Optional<String> disagreement = Optional.empty();
        while (agreed < 2) {
            if (System.nanoTime() > end) {
                findings.add("not settled within %s: %s".formatted(limit, disagreement.orElse("changes too fast")));
                return;
            }
            object.keep(client);
            client.pause(100);
            try {
                disagreement = object.disagreement(client);
            } catch (StatusRuntimeException e) {
                disagreement = Optional.of(e.toString());
            }
            agreed = disagreement.isPresent() ? 0 : agreed + 1;
        }
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
                useAndCheck(subjects.get());
            }
            return null;
        }));
    }

    private void watch(Watched object) {
        object.open();
        watched.add(object);
        Client client = client();
        lanes.add(threads.submit(() -> {
            while (running) {
                object.act(client);
                client.pause(client.random(20));
            }
        }));
    }

    private Client client() {
        return new Client(servers, availability, findings);
    }

    private <S> void useAndCheck(Subject<S> subject) throws Exception {
        List<Future<?>> clients = new ArrayList<>();
        int pace = ThreadLocalRandom.current().nextInt(4) == 0 ? 500 : 20; // some objects are there for a whole fault
        for (int i = 0; i < CLIENTS; i++) {
            Client client = client();
            clients.add(threads.submit(() -> {
                while (running && !subject.isUsedUp()) {
                    subject.act(client);
                    client.pause(client.random(pace));
                }
            }));
        }
        for (Future<?> client : clients) {
            client.get();
        }
        check(subject);
    }

    private <S> void check(Subject<S> subject) {
        long lostAt = losses.firstAfter(subject.begin());
        List<Call<S>> history = subject.history.callsBefore(lostAt);
        checked.incrementAndGet();
        calls.addAndGet(history.size());
        switch (subject.check(lostAt)) {
            case EXPLAINED -> {}
            case TOO_LARGE -> undecided.incrementAndGet();
            case NOT_EXPLAINED ->
                findings.add(subject.getClass().getSimpleName() + ": no order explains these calls (ms)\n"
                        + History.text(history).replace(subject.id, "$"));
        }
    }

    @Override
    public void close() {
        running = false;
        scheduler.shutdownNow();
        threads.shutdownNow();
        servers.forEach(ManagedChannel::shutdownNow);
    }
}
