package io.flowhub.ephemeral.server.redis;

import java.util.List;

/**
 * The names of all keys: the product's contract with everyone who looks into Redis. Each key holds ids that follow
 * {@link io.flowhub.ephemeral.server.config.IdRule}, so no two states share a key, and no id steers a slot.
 */
public final class KeyNames {

    /**
     * How the keys of each kind of state start. A key that starts with an opening brace stands beside another one and belongs to
     * its kind.
     */
    public static final List<String> KINDS =
            List.of("rate", "otp", "session", "token", "cache:user", "cache:product", "flag", "presence", "typing");

    public static String rate(String userId, String action) {
        return "rate:" + userId + ":" + action;
    }

    public static String otp(String userId) {
        return "otp:" + userId;
    }

    public static String session(String userId, String flag) {
        return "session:" + userId + ":" + flag;
    }

    public static String loginToken(String userId) {
        return "token:" + userId + ":login";
    }

    public static String flag(String feature, String userId) {
        return "flag:" + feature + ":" + userId;
    }

    public static String cachedUser(String id) {
        return "cache:user:" + id;
    }

    public static String cachedProduct(String id) {
        return "cache:product:" + id;
    }

    public static String presence(String userId) {
        return "presence:" + userId;
    }

    /** When to look at whom, a part of all users: no id has a colon, so no user has this key. */
    public static String presenceIndex(String part) {
        return "presence:index:" + part;
    }

    public static String typing(String roomId, String userId) {
        return "typing:" + roomId + ":" + userId;
    }

    /** A key that stands beside another one, in the same slot of a Cluster: {@code {otp:alice}:guard}. */
    public static String beside(String key, String what) {
        return "{" + key + "}:" + what;
    }

    private KeyNames() {}
}
