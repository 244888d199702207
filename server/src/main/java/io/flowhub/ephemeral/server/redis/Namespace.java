package io.flowhub.ephemeral.server.redis;

import java.util.List;
import org.redisson.api.RedissonClient;
import org.redisson.config.Config;

/**
 * How the names of the features become the names in Redis, so that several installations can share one Redis. Only this
 * package and the scripts see the names in Redis. With a prefix, a name without braces is in braces, so that the name in
 * Redis is in the slot of the name: {@code p:{otp:alice}}, {@code p:{otp:alice}:guard}.
 *
 * @param prefix what the names of all keys and channels begin with; empty, or ends with a colon
 * @param database Redis shares its channels between its databases, so the names of channels end with it unless it is 0
 */
record Namespace(String prefix, int database) {

    /** The names in Redis are those of the features. */
    static final Namespace PLAIN = new Namespace("", 0);

    /** A line of {@code redis/lib/prefix}. */
    private static final String PREFIX_IN_SCRIPTS = "local PREFIX = '%s'";

    /** A line of {@code redis/lib/publish}. */
    private static final String CHANNELS_IN_SCRIPTS = "local CHANNEL_PREFIX, CHANNEL_SUFFIX = '%s', '%s'";

    /** @param prefix without the colon that follows it; may be empty */
    static Namespace of(String prefix, RedissonClient client) {
        return new Namespace(prefix.isEmpty() ? "" : prefix + ":", database(client.getConfig()));
    }

    private static int database(Config config) {
        if (config.isSingleConfig()) {
            return config.useSingleServer().getDatabase();
        }
        return config.isSentinelConfig() ? config.useSentinelServers().getDatabase() : 0;
    }

    /** Adds the names in Redis of these keys. */
    void addTo(List<Object> target, List<String> keys) {
        if (prefix.isEmpty()) {
            target.addAll(keys);
        } else {
            for (String key : keys) {
                target.add(key.indexOf('{') < 0 ? prefix + '{' + key + '}' : prefix + key);
            }
        }
    }

    String channel(String channel) {
        return channelPrefix() + channel + channelSuffix();
    }

    private String channelPrefix() {
        return prefix.isEmpty() ? "" : prefix + '{';
    }

    private String channelSuffix() {
        return (prefix.isEmpty() ? "" : "}") + (database == 0 ? "" : ":" + database);
    }

    /** The text of a script, with the names in Redis. */
    String applyTo(String script) {
        return script.replace(PREFIX_IN_SCRIPTS.formatted(""), PREFIX_IN_SCRIPTS.formatted(prefix))
                .replace(
                        CHANNELS_IN_SCRIPTS.formatted("", ""),
                        CHANNELS_IN_SCRIPTS.formatted(channelPrefix(), channelSuffix()));
    }
}
