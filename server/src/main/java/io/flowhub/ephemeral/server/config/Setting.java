package io.flowhub.ephemeral.server.config;

import java.util.Locale;
import java.util.function.Function;

/**
 * One setting. Declared by its {@link SettingsGroup}.
 *
 * @param name path in the YAML file, such as {@code redis.timeout}
 * @param parser takes what YAML returned (text, list or map), see {@link Parsers}
 * @param defaultText default as it would be written in the file; empty means that there is none
 * @param secret whether the value must never be printed
 * @param reloadable whether a change in the file applies while the server runs
 * @param meaning one line for {@code --print-config} and for the reference documentation
 */
public record Setting<T>(
        String name,
        Function<Object, T> parser,
        String defaultText,
        boolean secret,
        boolean reloadable,
        String meaning) {

    static final String ENV_PREFIX = "EPHEMERAL_";

    /** Its environment variable: {@code EPHEMERAL_REDIS_TIMEOUT} for {@code redis.timeout}. */
    String env() {
        return ENV_PREFIX + name.toUpperCase(Locale.ROOT).replace('.', '_');
    }

    /** The environment variable that names a file with the value; for secrets and {@code redis.url} only. */
    String envFile() {
        return env() + "_FILE";
    }
}
