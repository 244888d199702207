package io.flowhub.ephemeral.spring.cache;

/**
 * The users and products that Ephemeral caches. Not a cache of Spring: a read has a loader and a lease, so that concurrent
 * reads load once over all processes, and an object that was loaded before an eviction is never cached after it.
 *
 * <pre>{@code
 * Optional<Profile> profile = cache.users().get(id, Profile.class, profiles::findById);
 * }</pre>
 */
public final class EphemeralCache {

    private final CachedObjects users;
    private final CachedObjects products;

    public EphemeralCache(CachedObjects users, CachedObjects products) {
        this.users = users;
        this.products = products;
    }

    public CachedObjects users() {
        return users;
    }

    public CachedObjects products() {
        return products;
    }
}
