package io.flowhub.ephemeral.server.presence;

import com.github.benmanes.caffeine.cache.Ticker;
import io.flowhub.ephemeral.server.concurrent.Futures;
import io.flowhub.ephemeral.server.error.RedisUnavailableException;
import io.flowhub.ephemeral.server.feature.MemoryPressure;
import io.flowhub.ephemeral.server.feature.StateClass;
import io.flowhub.ephemeral.server.redis.CountedChannel;
import io.flowhub.ephemeral.server.redis.Operation;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.redis.Script;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.stream.IntStream;

/** Reads and writes in Redis which users are online. */
final class PresenceStore {

    private static final Script HEARTBEAT = Script.load("presence/heartbeat");
    private static final Script HEARTBEAT_CONNECTION = Script.load("presence/heartbeat_connection");
    private static final Script EXTEND_CONNECTION = Script.load("presence/extend_connection");
    private static final Script EXTEND_MANY =
            Script.load("presence/extend_many").maxInFlight(2);
    private static final Script MARK_ONLINE = Script.load("presence/mark_online");
    private static final Script DISCONNECT = Script.load("presence/disconnect");
    private static final Script GET = Script.load("presence/get");
    private static final Script ANNOUNCE_IF_OFFLINE = Script.load("presence/announce_if_offline");

    /** Where the scripts publish transitions. */
    static final String CHANNEL = "ephemeral:presence";

    private static final CompletableFuture<Boolean> NO_TRANSITION = CompletableFuture.completedFuture(false);

    private final RedisClient redis;
    private final CountedChannel announcements;
    private final MemoryPressure pressure;
    private final ExpiryIndex index;
    private final DueTimes dueTimes;
    private final RecentHeartbeats recentHeartbeats;
    private final MasterOutages masterOutages;
    private final Ticker ticker;
    private final PresenceMetrics metrics;
    private final Duration ttl;
    private final String ttlMillis;
    private final List<String> ttlArgs;

    PresenceStore(
            PresenceSettings settings,
            RedisClient redis,
            MemoryPressure pressure,
            Ticker ticker,
            PresenceMetrics metrics) {
        this.metrics = metrics;
        this.redis = redis;
        this.announcements = redis.countedChannel(CHANNEL);
        this.pressure = pressure;
        this.index = new ExpiryIndex(redis);
        this.dueTimes = new DueTimes(ticker);
        this.recentHeartbeats = new RecentHeartbeats(ticker);
        this.ticker = ticker;
        this.ttl = settings.ttl();
        this.masterOutages = new MasterOutages(ttl.plusMillis(ExpiryIndex.CLAIM_MILLIS), ticker);
        this.ttlMillis = Long.toString(ttl.toMillis());
        this.ttlArgs = List.of(ttlMillis);
    }

    /** How long a user is online after a heartbeat. */
    Duration ttl() {
        return ttl;
    }

    /** The transitions of all users. To be subscribed to once. */
    CountedChannel announcements() {
        return announcements;
    }

    ExpiryIndex index() {
        return index;
    }

    DueTimes dueTimes() {
        return dueTimes;
    }

    RecentHeartbeats recentHeartbeats() {
        return recentHeartbeats;
    }

    /** The master with the keys of the user. */
    Object masterOf(String userId) {
        return redis.masterOf(PresenceKeys.user(userId));
    }

    boolean isRedisAvailable() {
        return redis.isAvailable();
    }

    /** Returns whether this heartbeat brought the user online. */
    CompletableFuture<Boolean> heartbeat(Heartbeat heartbeat) {
        long sentNanos = ticker.read();
        return watchMaster(heartbeat.key(), redis.call(extension(heartbeat))).thenCompose(extended -> {
            if (!extended) {
                return markOnline(heartbeat.userId());
            }
            metrics.onExtended(1);
            if (recentHeartbeats.add(heartbeat.userId(), sentNanos)) {
                expiresLater(heartbeat.userId());
            }
            return NO_TRANSITION;
        });
    }

    /** Without further heartbeats, the user expires one TTL from now. */
    private void expiresLater(String userId) {
        dueTimes.dueIn(index.partOf(userId), ttl);
    }

    private Operation<Boolean> extension(Heartbeat heartbeat) {
        return heartbeat.hasConnection()
                ? new Operation<>(
                        pressure.refuses(StateClass.PRESENCE_AND_TYPING) ? EXTEND_CONNECTION : HEARTBEAT_CONNECTION,
                        List.of(heartbeat.key(), heartbeat.connectionsKey()),
                        List.of(ttlMillis, heartbeat.connectionId()),
                        reply -> reply.number(0) == 1)
                : new Operation<>(HEARTBEAT, List.of(heartbeat.key()), ttlArgs, reply -> reply.number(0) == 1);
    }

    /** Whether {@link #extend} accepts the user of the heartbeat: on a Cluster the keys of users are in many slots. */
    boolean isBatchable(Heartbeat heartbeat) {
        return !heartbeat.hasConnection() && !redis.isCluster();
    }

    /**
     * Extends the presence of all users that are online, in one operation: it costs two thirds of one operation per user.
     *
     * @return the indexes of the users that are offline, for {@link #markOnline}
     */
    CompletableFuture<List<Integer>> extend(List<String> userIds) {
        long sentNanos = ticker.read();
        return redis.call(new Operation<>(
                        EXTEND_MANY,
                        userIds.stream().map(PresenceKeys::user).toList(),
                        ttlArgs,
                        reply -> IntStream.rangeClosed(1, (int) reply.number(0))
                                .mapToObj(i -> (int) reply.number(i))
                                .toList()))
                .thenApply(offline -> {
                    metrics.onExtended(userIds.size() - offline.size());
                    if (recentHeartbeats.addAll(userIds, offline, sentNanos)) {
                        expiresLater(userIds.get(0));
                    }
                    return offline;
                });
    }

    /**
     * Marks a user online that was offline. On a Cluster the index is in another slot and is written first: an entry for
     * a user that is offline does no harm, but the expiry of a user without an entry would never be detected.
     *
     * @return whether this call brought the user online, and not a concurrent one
     */
    CompletableFuture<Boolean> markOnline(String userId) {
        return pressure.admit(StateClass.PRESENCE_AND_TYPING, () -> storeOnline(userId));
    }

    private CompletableFuture<Boolean> storeOnline(String userId) {
        String key = PresenceKeys.user(userId);
        String part = index.partOf(userId);
        return redis.sameSlot(key, part)
                ? markOnline(key, part, userId)
                : index.scheduleCheck(userId, ttl.toMillis())
                        .thenCompose(scheduled -> markOnline(key, Operation.noKey(key), userId));
    }

    private CompletableFuture<Boolean> markOnline(String key, String part, String userId) {
        return redis.callUncancellable(
                        new Operation<>( // second half of a write in two steps
                                MARK_ONLINE,
                                List.of(key, part),
                                List.of(ttlMillis, userId, announcements.prefix()),
                                reply -> announced(reply.number(0) == 1)))
                .thenApply(cameOnline -> {
                    metrics.onMarkedOnline(cameOnline);
                    expiresLater(userId);
                    return cameOnline;
                });
    }

    /**
     * Ends the connection of the heartbeat, or all connections of the user if the heartbeat has none.
     *
     * @return whether the user went offline
     */
    CompletableFuture<Boolean> disconnect(Heartbeat heartbeat) {
        String userId = heartbeat.userId();
        String key = heartbeat.key();
        String part = index.partOf(userId);
        boolean sameSlot = redis.sameSlot(key, part);
        return redis.call(new Operation<>(
                        DISCONNECT,
                        List.of(key, heartbeat.connectionsKey(), sameSlot ? part : Operation.noKey(key)),
                        List.of(userId, heartbeat.connectionId(), announcements.prefix()),
                        reply -> new Disconnected(announced(reply.number(0) == 1), reply.number(1))))
                .thenCompose(result -> sameSlot || result.expiresInMillis() == 0
                        ? CompletableFuture.completedFuture(result)
                        : index.scheduleCheck(userId, result.expiresInMillis()).thenApply(scheduled -> result))
                .thenApply(result -> {
                    recentHeartbeats.forget(userId);
                    if (result.expiresInMillis() > 0) {
                        dueTimes.connectionEnded(part, userId, Duration.ofMillis(result.expiresInMillis()));
                    }
                    return result.wentOffline();
                });
    }

    private boolean announced(boolean isAnnounced) {
        if (isAnnounced) {
            announcements.onPublished();
        }
        return isAnnounced;
    }

    /** @param expiresInMillis how long other connections keep the user online, or 0 */
    private record Disconnected(boolean wentOffline, long expiresInMillis) {}

    CompletableFuture<UserState> get(String userId) {
        return redis.call(new Operation<>(GET, List.of(PresenceKeys.user(userId)), List.of(), reply -> {
            long left = reply.number(0);
            return new UserState(userId, left != -2, reply.number(1), Math.min(Math.max(0, left), ttl.toMillis()));
        }));
    }

    /** Reads the users in order. Fails if one of them cannot be read. */
    CompletableFuture<List<UserState>> getAll(List<String> userIds) {
        return Futures.allAsList(userIds.stream().map(this::get).toList());
    }

    /** Checks a user and announces in the same step that it is offline, if it is. */
    CompletableFuture<CheckedUser> announceIfOffline(String userId) {
        String key = PresenceKeys.user(userId);
        long heldMillis = masterOutages.left(redis.masterOf(key)).toMillis();
        return watchMaster(
                key,
                redis.callUncancellable(new Operation<>(
                        ANNOUNCE_IF_OFFLINE,
                        List.of(key),
                        List.of(userId, ttlMillis, announcements.prefix(), Long.toString(heldMillis)),
                        reply -> {
                            CheckedUser user = new CheckedUser(userId, reply.number(0));
                            announced(user.nextCheckMillis() == CheckedUser.OFFLINE);
                            return user;
                        })));
    }

    /** An outage of one master of a Cluster does not make Redis unavailable: the announcements of its users wait here. */
    private <T> CompletableFuture<T> watchMaster(String key, CompletableFuture<T> call) {
        return redis.isCluster()
                ? call.whenComplete((result, failure) -> {
                    if (failure != null && Futures.unwrap(failure) instanceof RedisUnavailableException) {
                        masterOutages.onFailure(redis.masterOf(key));
                    }
                })
                : call;
    }
}
