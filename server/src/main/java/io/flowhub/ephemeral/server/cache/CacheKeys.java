package io.flowhub.ephemeral.server.cache;

import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.feature.KeyKind.KeyName;
import io.flowhub.ephemeral.server.redis.KeyNames;

/** The keys of cached objects. */
final class CacheKeys {

    static final KeyKind USER = new KeyKind(
            "cache:user",
            new KeyName(
                    "cache:user:<id>",
                    "the JSON object as text; empty if there is no such object",
                    "`cache.ttl` ± 10 %, the same for the same id; 15 to 30 s if there is no such object"),
            new KeyName(
                    "{cache:user:<id>}:lease", "the lease of the caller that may put the entry", "`cache.lease`, 5 s"));

    static final KeyKind PRODUCT = new KeyKind(
            "cache:product",
            new KeyName(
                    "cache:product:<id>",
                    "the JSON object as text; empty if there is no such object",
                    "`cache.ttl` ± 10 %, the same for the same id; 15 to 30 s if there is no such object"),
            new KeyName(
                    "{cache:product:<id>}:lease",
                    "the lease of the caller that may put the entry",
                    "`cache.lease`, 5 s"));

    static String user(String id) {
        return "cache:user:" + id;
    }

    static String product(String id) {
        return "cache:product:" + id;
    }

    static String lease(String entry) {
        return KeyNames.companion(entry, "lease");
    }

    private CacheKeys() {}
}
