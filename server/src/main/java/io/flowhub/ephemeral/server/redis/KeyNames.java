package io.flowhub.ephemeral.server.redis;

/**
 * How keys are named. Each feature names its own keys. They contain ids that follow
 * {@link io.flowhub.ephemeral.server.config.IdRule}, so no two states share a key, and no id selects a slot.
 */
public final class KeyNames {

    /** The name of a key that belongs to another key and is in the same slot of a Cluster: {@code {otp:alice}:guard}. */
    public static String companion(String key, String suffix) {
        return "{" + key + "}:" + suffix;
    }

    private KeyNames() {}
}
