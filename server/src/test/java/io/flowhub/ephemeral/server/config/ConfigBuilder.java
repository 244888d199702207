package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.flowhub.ephemeral.server.Features;
import io.flowhub.ephemeral.server.SettingsFiles;
import io.flowhub.ephemeral.server.config.RedisSettings.Endpoint;
import io.flowhub.ephemeral.server.config.RedisSettings.Remote;
import io.flowhub.ephemeral.server.fixture.Unchecked;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Loads a configuration from command-line options, environment variables and a file. */
public final class ConfigBuilder {

    private final Map<String, String> options = new HashMap<>();
    private final Map<String, String> env = new HashMap<>();
    private @Nullable Path file;

    /** Nothing is set: all defaults. */
    public static ConfigBuilder empty() {
        return new ConfigBuilder();
    }

    public static ConfigBuilder env(String variable, String value) {
        return empty().withEnv(variable, value);
    }

    public static ConfigBuilder option(String option, String value) {
        return empty().withOption(option, value);
    }

    public static ConfigBuilder yaml(Path folder, String yaml) {
        return empty().withFile(Unchecked.call(() -> Files.writeString(folder.resolve("ephemeral.yaml"), yaml)));
    }

    public ConfigBuilder withEnv(String variable, String value) {
        env.put(variable, value);
        return this;
    }

    public ConfigBuilder withOption(String option, String value) {
        options.put(option, value);
        return this;
    }

    public ConfigBuilder withFile(Path path) {
        file = path;
        return this;
    }

    public Configuration load() throws ConfigException {
        return Configuration.load(Features.settings(), options, env, file);
    }

    public Settings settings() throws ConfigException {
        return load().settings();
    }

    Endpoint endpoint() throws ConfigException {
        return settings().redis().endpoint();
    }

    Remote remote() throws ConfigException {
        return (Remote) endpoint();
    }

    /** The message with which the configuration or a file that it names is rejected; fails if all is accepted. */
    public String rejection() {
        ConfigException rejected = catchThrowableOfType(ConfigException.class, () -> SettingsFiles.check(settings()));
        assertThat(rejected).as("the rejection").isNotNull();
        return String.valueOf(rejected.getMessage());
    }
}
