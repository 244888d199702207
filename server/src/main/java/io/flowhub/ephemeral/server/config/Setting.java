package io.flowhub.ephemeral.server.config;

import java.util.Locale;
import java.util.function.Function;

/**
 * One setting.
 *
 * @param name its path in the YAML file, such as {@code redis.timeout}
 * @param defaultText its default, as it would be written; empty means none
 * @param secret whether its value must never be printed
 */
record Setting<T>(String name, Function<Object, T> parser, String defaultText, boolean secret, String meaning) {

    static final String ENV_PREFIX = "EPHEMERAL_";

    /** The environment variable that sets it: {@code EPHEMERAL_REDIS_TIMEOUT} for {@code redis.timeout}. */
    String env() {
        return ENV_PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** The environment variable that names a file holding its value; for secrets only. */
    String envFile() {
        return env() + "_FILE";
    }
}
