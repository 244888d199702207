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
 * Sends the heartbeats of many users over one StreamHeartbeats stream per server, spread over the heartbeat interval in
 * ticks of 100 ms. Stops the heartbeats of some users during the run, and watches all users at the first server. Prints
 * the events that the watch received, and the delays of the offline events after the expiry of the key. A delay is
 * measured from the last heartbeat that was sent, so it includes the way of that heartbeat to Redis.
 */
final class PresenceLoad {

    private static final long TTL_MILLIS = 10_000;
    private static final int TICKS = 33; // of 100 ms: a third of the time to live
    private static final long TICK_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final int USERS_PER_REQUEST = 1_000;

    private final int users;
    private final int stopped;
    private final int ticks;
    private final AtomicLongArray lastHeartbeatNanos;
    private final Map<Integer, List<Long>> offlineNanos = new ConcurrentHashMap<>();
    private final AtomicInteger stale = new AtomicInteger();
    private final AtomicInteger resynced = new AtomicInteger();
    private final AtomicInteger cameOnline = new AtomicInteger();

    /** Arguments: comma-separated ports of the servers, number of users, how many of them stop, seconds. */
    public static void main(String[] args) throws InterruptedException {
        List<ManagedChannel> servers = Arrays.stream(args[0].split(","))
                .map(port -> NettyChannelBuilder.forAddress("127.0.0.1", Integer.parseInt(port))
                        .usePlaintext()
                        .build())
                .collect(Collectors.toList());
        int users = Integer.parseInt(args[1]);
        int stopped = Integer.parseInt(args[2]);
        PresenceLoad load = new PresenceLoad(users, stopped, Integer.parseInt(args[3]));
        load.run(servers);
        load.print();
        servers.forEach(ManagedChannel::shutdownNow);
    }

    private PresenceLoad(int users, int stopped, int seconds) {
        this.users = users;
        this.stopped = stopped;
        this.ticks = seconds * 10;
        this.lastHeartbeatNanos = new AtomicLongArray(users);
    }

    private void run(List<ManagedChannel> servers) throws InterruptedException {
        List<StreamObserver<StreamHeartbeatsRequest>> gateways = new ArrayList<>();
        for (ManagedChannel server : servers) {
            gateways.add(PresenceServiceGrpc.newStub(server).streamHeartbeats(new HeartbeatResponses()));
        }
        for (int tick = 0; tick < TICKS; tick++) { // all users are online before the watch begins
            sendHeartbeats(gateways, tick);
        }
        TimeUnit.SECONDS.sleep(1);
        watch(servers.get(0));
        long begin = System.nanoTime();
        for (int tick = 0; tick < ticks; tick++) {
            sendHeartbeats(gateways, tick);
            long rest = begin + (tick + 1) * TICK_NANOS - System.nanoTime();
            TimeUnit.NANOSECONDS.sleep(Math.max(0, rest));
        }
    }

    private void sendHeartbeats(List<StreamObserver<StreamHeartbeatsRequest>> gateways, int tick) {
        for (int gateway = 0; gateway < gateways.size(); gateway++) {
            StreamHeartbeatsRequest.Builder frame = StreamHeartbeatsRequest.newBuilder();
            for (int user = tick % TICKS; user < users; user += TICKS) {
                if (user % gateways.size() == gateway && !isStopped(user, tick)) {
                    frame.addUserIds("user-" + user);
                    lastHeartbeatNanos.set(user, System.nanoTime());
                }
            }
            gateways.get(gateway).onNext(frame.build());
        }
    }

    /** The heartbeats of the first users stop one after another, between a sixth and a half of the run. */
    private boolean isStopped(int user, int tick) {
        return user < stopped && tick >= ticks / 6 + (long) user * ticks / 3 / stopped;
    }

    private void watch(ManagedChannel server) {
        StreamObserver<WatchPresenceRequest> watch =
                PresenceServiceGrpc.newStub(server).watchPresence(new WatchEvents());
        for (int first = 0; first < users; first += USERS_PER_REQUEST) {
            watch.onNext(WatchPresenceRequest.newBuilder()
                    .addAllAddUserIds(IntStream.range(first, Math.min(users, first + USERS_PER_REQUEST))
                            .mapToObj(user -> "user-" + user)
                            .toList())
                    .build());
        }
    }

    private void print() {
        List<Long> delays = offlineNanos.entrySet().stream()
                .filter(entry -> entry.getKey() < stopped)
                .map(entry -> entry.getValue().get(0) - lastHeartbeatNanos.get(entry.getKey()))
                .map(nanos -> TimeUnit.NANOSECONDS.toMillis(nanos) - TTL_MILLIS)
                .sorted()
                .toList();
        long repeated =
                offlineNanos.values().stream().filter(all -> all.size() > 1).count();
        long falseEvents =
                offlineNanos.keySet().stream().filter(user -> user >= stopped).count()
                        + delays.stream().filter(delay -> delay < 0).count();
        System.out.printf(
                "stopped %d offline %d repeated %d false %d p50 %d p99 %d max %d stale %d resynced %d came_online %d%n",
                stopped,
                delays.size(),
                repeated,
                falseEvents,
                percentile(delays, 0.5),
                percentile(delays, 0.99),
                percentile(delays, 1),
                stale.get(),
                resynced.get(),
                cameOnline.get());
    }

    private static long percentile(List<Long> sorted, double share) {
        return sorted.isEmpty() ? 0 : sorted.get((int) Math.ceil(share * sorted.size()) - 1);
    }

    private final class HeartbeatResponses implements StreamObserver<StreamHeartbeatsResponse> {

        @Override
        public void onNext(StreamHeartbeatsResponse response) {
            cameOnline.addAndGet(response.getCameOnlineCount());
        }

        @Override
        public void onError(Throwable failure) {
            System.err.println("A heartbeat stream failed: " + failure);
        }

        @Override
        public void onCompleted() {}
    }

    private final class WatchEvents implements StreamObserver<WatchPresenceResponse> {

        @Override
        public void onNext(WatchPresenceResponse response) {
            long now = System.nanoTime();
            if (response.getEventCase() == EventCase.OFFLINE) {
                response.getOffline()
                        .getUsersList()
                        .forEach(user -> offlineNanos
                                .computeIfAbsent(
                                        Integer.parseInt(user.getUserId().substring("user-".length())),
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
            System.err.println("The watch failed: " + failure);
        }

        @Override
        public void onCompleted() {}
    }
}
