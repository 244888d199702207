package io.flowhub.ephemeral.spring.cache;

import java.util.Optional;

/** Loads an object that is not cached from its durable store. What {@link io.flowhub.ephemeral.client.Loader} states. */
@FunctionalInterface
public interface ObjectLoader<T> {

    /** Empty if there is no such object. */
    Optional<T> load(String id) throws Exception;
}
