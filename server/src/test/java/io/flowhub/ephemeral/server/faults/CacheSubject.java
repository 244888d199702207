package io.flowhub.ephemeral.server.faults;

import io.flowhub.ephemeral.v1.CacheServiceGrpc;
import io.flowhub.ephemeral.v1.EvictCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserRequest;
import io.flowhub.ephemeral.v1.GetCachedUserResponse;
import io.flowhub.ephemeral.v1.PutCachedUserRequest;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/** One cached user. It is not old enough to be STALE while it is used, and its leases do not expire. */
final class CacheSubject extends Subject<CacheSubject.Entry> {

    private static final String NONE = "";

    /** A lease that no client received. */
    private static final String LOST = "?";

    private static final String NEGATIVE = "negative";

    private final List<String> leases = new CopyOnWriteArrayList<>();

    CacheSubject() {
        super(new Entry(NONE, NONE));
    }

    /**
     * @param text the object, {@link #NEGATIVE}, or {@link #NONE}
     * @param lease the lease to load it, {@link #LOST}, or {@link #NONE}
     */
    record Entry(String text, String lease) {

        List<Entry> get(Optional<GetCachedUserResponse> response) {
            boolean acquires = text.equals(NONE) && lease.equals(NONE);
            if (response.isEmpty()) {
                return List.of(acquires ? new Entry(text, LOST) : this);
            }
            GetCachedUserResponse actual = response.get();
            return switch (actual.getState()) {
                case CACHE_STATE_HIT -> text.equals(actual.getJson()) ? List.of(this) : List.of();
                case CACHE_STATE_NEGATIVE -> text.equals(NEGATIVE) ? List.of(this) : List.of();
                case CACHE_STATE_MISS -> miss(actual.getLease(), acquires);
                default -> List.of();
            };
        }

        /** A miss without a lease may also mean that Redis is too full for one. */
        private List<Entry> miss(String acquired, boolean acquires) {
            if (acquired.isEmpty()) {
                return text.equals(NONE) ? List.of(this) : List.of();
            }
            return acquires ? List.of(new Entry(text, acquired)) : List.of();
        }

        List<Entry> put(String stored, String under, Optional<Boolean> response) {
            boolean stores = under.isEmpty() || under.equals(lease);
            if (response.isPresent() && response.get() != stores) {
                return List.of();
            }
            return List.of(stores ? new Entry(stored, NONE) : this);
        }

        List<Entry> evict(Optional<Boolean> response) {
            if (response.isPresent() && response.get() != !text.equals(NONE)) {
                return List.of();
            }
            return List.of(new Entry(NONE, NONE));
        }
    }

    @Override
    void act(Client client) {
        int choice = client.random(20);
        if (choice < 9) {
            var request = GetCachedUserRequest.newBuilder().setId(id);
            client.write(history, CacheServiceGrpc.getGetCachedUserMethod(), request.build(), Entry::get)
                    .filter(response -> !response.getLease().isEmpty())
                    .ifPresent(response -> leases.add(response.getLease()));
        } else if (choice < 12) {
            var request = EvictCachedUserRequest.newBuilder().setId(id);
            client.write(
                    history,
                    CacheServiceGrpc.getEvictCachedUserMethod(),
                    request.build(),
                    (entry, response) -> entry.evict(response.map(actual -> actual.getEvicted())));
        } else {
            put(client, leases.isEmpty() || choice < 14 ? NONE : latestOrStale(client));
        }
    }

    private String latestOrStale(Client client) {
        return client.random(2) == 0 ? client.pick(leases) : leases.get(leases.size() - 1);
    }

    private void put(Client client, String lease) {
        boolean negative = client.random(5) == 0;
        String text = negative ? NEGATIVE : "{\"version\":%d}".formatted(client.random(1_000_000));
        var request = PutCachedUserRequest.newBuilder().setId(id).setLease(lease);
        if (negative) {
            request.setNegative(true);
        } else {
            request.setJson(text);
        }
        client.write(
                history,
                CacheServiceGrpc.getPutCachedUserMethod(),
                request.build(),
                (entry, response) -> entry.put(text, lease, response.map(actual -> actual.getStored())));
    }
}
