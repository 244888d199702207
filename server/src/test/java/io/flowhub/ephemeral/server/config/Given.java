package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What a test gives to the configuration: flags, environment, and a file. */
final class Given {

    private final Map<String, String> flags = new HashMap<>();
    private final Map<String, String> env = new HashMap<>();
    private @Nullable Path file;

    static Given nothing() {
        return new Given();
    }

    static Given env(String variable, String value) {
        return nothing().andEnv(variable, value);
    }

    static Given flag(String flag, String value) {
        return nothing().andFlag(flag, value);
    }

    static Given yaml(Path folder, String yaml) {
        return nothing().andYaml(folder, yaml);
    }

    Given andEnv(String variable, String value) {
        env.put(variable, value);
        return this;
    }

    Given andFlag(String flag, String value) {
        flags.put(flag, value);
        return this;
    }

    Given andYaml(Path folder, String yaml) {
        try {
            file = Files.writeString(folder.resolve("ephemeral.yaml"), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return this;
    }

    Given andFile(Path named) {
        file = named;
        return this;
    }

    Configuration load() throws ConfigException {
        return Configuration.load(flags, env, file);
    }

    Settings settings() throws ConfigException {
        return load().settings();
    }

    /** The message of the refusal; fails if nothing is refused. */
    String refusal() {
        ConfigException refused = catchThrowableOfType(ConfigException.class, this::load);
        if (refused == null) {
            throw new AssertionError("the configuration was accepted");
        }
        return String.valueOf(refused.getMessage());
    }
}
