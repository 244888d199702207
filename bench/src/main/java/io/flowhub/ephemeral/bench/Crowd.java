package io.flowhub.ephemeral.bench;

import io.flowhub.ephemeral.v1.PresenceServiceGrpc;
import io.flowhub.ephemeral.v1.StreamHeartbeatsRequest;
import io.flowhub.ephemeral.v1.StreamHeartbeatsResponse;
import io.flowhub.ephemeral.v1.WatchPresenceRequest;
import io.flowhub.ephemeral.v1.WatchPresenceResponse;
import io.flowhub.ephemeral.v1.WatchPresenceResponse.EventCase;
import io.grpc.ManagedChannel;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * Users who beat over gateways, a stream each on a server of its own, spread over the interval in ticks of 100 ms; some fall
 * silent on the way, all are watched at the first server. Prints what the watcher was told, and how long after the end of his
 * key each silent user's offline came: measured from the last heartbeat that was sent, so with its way to Redis.
 */
final class Crowd {

    private static final long TTL_MILLIS = 10_000;
    private static final int TICKS = 33; // of 100 ms, a third of the time to live
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int WATCHED_A_MESSAGE = 1_000;

    private final int users;
    private final int silent;
    private final int ticks;
    private final AtomicLongArray lastBeatNanos;
    private final Map<Integer, List<Long>> offlines = new ConcurrentHashMap<>();
    private final AtomicInteger stale = new AtomicInteger();
    private final AtomicInteger resynced = new AtomicInteger();
    private final AtomicInteger cameOnline = new AtomicInteger();

    /** Takes the ports of the servers with commas, how many users, how many of them fall silent, and for how many seconds. */
    public static void main(String[] args) throws InterruptedException {
        List<ManagedChannel> servers = Arrays.stream(args[0].split(","))
                .map(port -> NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(port))
                        .usePlaintext()
                        .build())
                .collect(Collectors.toList());
        Crowd crowd = new Crowd(Integer.parseInt(args[1]), Integer.parseInt(args[2]), Integer.parseInt(args[3]));
        crowd.run(servers);
        crowd.print();
        servers.forEach(ManagedChannel::shutdownNow);
    }

    private Crowd(int users, int silent, int seconds) {
        this.users = users;
        this.silent = silent;
        this.ticks = seconds * 10;
        this.lastBeatNanos = new AtomicLongArray(users);
    }

    private void run(List<ManagedChannel> servers) throws InterruptedException {
        List<StreamObserver<StreamHeartbeatsRequest>> gateways = new ArrayList<>();
        for (ManagedChannel server : servers) {
            gateways.add(PresenceServiceGrpc.newStub(server).streamHeartbeats(new Answers()));
        }
        for (int tick = 0; tick < TICKS; tick++) { // everybody is there before the first is watched
            beat(gateways, tick);
        }
        TimeUnit.SECONDS.sleep(1);
        watch(servers.get(0));
        long begin = System.nanoTime();
        for (int tick = 0; tick < ticks; tick++) {
            beat(gateways, tick);
            long left = begin + (tick + 1) * TICK_NANOS - System.nanoTime();
            TimeUnit.NANOSECONDS.sleep(Math.max(0, left));
        }
    }

    private void beat(List<StreamObserver<StreamHeartbeatsRequest>> gateways, int tick) {
        for (int gateway = 0; gateway < gateways.size(); gateway++) {
            StreamHeartbeatsRequest.Builder frame = StreamHeartbeatsRequest.newBuilder();
            for (int user = tick % TICKS; user < users; user += TICKS) {
                if (user % gateways.size() == gateway && !isSilent(user, tick)) {
                    frame.addUserIds("crowd-" + user);
                    lastBeatNanos.set(user, System.nanoTime());
                }
            }
            gateways.get(gateway).onNext(frame.build());
        }
    }

    /** The first ones, one after the other, from a sixth of the time on until half of it. */
    private boolean isSilent(int user, int tick) {
        return user < silent && tick >= ticks / 6 + (long) user * ticks / 3 / silent;
    }

    private void watch(ManagedChannel server) {
        StreamObserver<WatchPresenceRequest> watch =
                PresenceServiceGrpc.newStub(server).watchPresence(new Told());
        for (int first = 0; first < users; first += WATCHED_A_MESSAGE) {
            watch.onNext(WatchPresenceRequest.newBuilder()
                    .addAllAddUserIds(IntStream.range(first, Math.min(users, first + WATCHED_A_MESSAGE))
                            .mapToObj(user -> "crowd-" + user)
                            .toList())
                    .build());
        }
    }

    private void print() {
        List<Long> delays = offlines.entrySet().stream()
                .filter(entry -> entry.getKey() < silent)
                .map(entry -> entry.getValue().get(0) - lastBeatNanos.get(entry.getKey()))
                .map(nanos -> TimeUnit.NANOSECONDS.toMillis(nanos) - TTL_MILLIS)
                .sorted()
                .toList();
        long twice = offlines.values().stream().filter(all -> all.size() > 1).count();
        long wrong = offlines.keySet().stream().filter(user -> user >= silent).count()
                + delays.stream().filter(delay -> delay < 0).count();
        System.out.printf(
                "silent %d offline %d twice %d false %d p50 %d p99 %d max %d stale %d resynced %d came_online %d%n",
                silent,
                delays.size(),
                twice,
                wrong,
                at(delays, 0.5),
                at(delays, 0.99),
                at(delays, 1),
                stale.get(),
                resynced.get(),
                cameOnline.get());
    }

    private static long at(List<Long> sorted, double share) {
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }

    private final class Answers implements StreamObserver<StreamHeartbeatsResponse> {

        @Override
        public void onNext(StreamHeartbeatsResponse response) {
            cameOnline.addAndGet(response.getCameOnlineCount());
        }

        @Override
        public void onError(Throwable failure) {
            System.err.println("A gateway lost its stream: " + failure);
        }

        @Override
        public void onCompleted() {}
    }

    private final class Told implements StreamObserver<WatchPresenceResponse> {

        @Override
        public void onNext(WatchPresenceResponse response) {
            long now = System.nanoTime();
            if (response.getEventCase() == EventCase.OFFLINE) {
                response.getOffline()
                        .getUsersList()
                        .forEach(user -> offlines.computeIfAbsent(
                                        Integer.parseInt(user.getUserId().substring("crowd-".length())),
                                        id -> new ArrayList<>())
                                .add(now));
            } else if (response.getEventCase() == EventCase.STALE) {
                stale.incrementAndGet();
            } else if (response.getEventCase() == EventCase.RESYNCED) {
                resynced.incrementAndGet();
            }
        }

        @Override
        public void onError(Throwable failure) {
            System.err.println("The watcher lost its stream: " + failure);
        }

        @Override
        public void onCompleted() {}
    }
}
