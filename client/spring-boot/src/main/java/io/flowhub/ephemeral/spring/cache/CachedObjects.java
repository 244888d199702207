package io.flowhub.ephemeral.spring.cache;

import io.flowhub.ephemeral.client.LoadException;
import io.flowhub.ephemeral.client.ReadThrough;
import java.util.Optional;

/** Reads objects of the application through the cache, as JSON. Thread-safe. */
public final class CachedObjects {

    private final ReadThrough json;
    private final JsonCodec codec;

    public CachedObjects(ReadThrough json, JsonCodec codec) {
        this.json = json;
        this.codec = codec;
    }

    /**
     * Reads the object from the cache, or else from the loader, as {@link ReadThrough#get} does. An entry that cannot be
     * read as this type, because the class changed, is evicted and loaded.
     *
     * @throws LoadException if the load failed, or the object cannot be written as JSON
     */
    public <T> Optional<T> get(String id, Class<T> type, ObjectLoader<? extends T> loader) {
        Optional<String> first = read(id, loader);
        if (first.isEmpty()) {
            return Optional.empty();
        }
        try {
            return Optional.of(codec.read(first.get(), type));
        } catch (Exception unreadable) {
            json.evict(id);
            return read(id, loader).map(again -> readAgain(again, type));
        }
    }

    /** Removes an object from the cache. Call it after the change is committed. */
    public boolean evict(String id) {
        return json.evict(id);
    }

    private Optional<String> read(String id, ObjectLoader<?> loader) {
        return json.get(id, key -> {
            Optional<?> loaded = loader.load(key);
            return loaded.isEmpty() ? Optional.empty() : Optional.of(codec.write(loaded.get()));
        });
    }

    private <T> T readAgain(String again, Class<T> type) {
        try {
            return codec.read(again, type);
        } catch (Exception e) {
            throw new IllegalStateException("A loaded object cannot be read as " + type.getName(), e);
        }
    }
}
