package io.flowhub.ephemeral.server.config;

import static org.assertj.core.api.Assertions.assertThat;

import io.flowhub.ephemeral.server.Features;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@Tag("unit")
class LiveConfigurationTest {

    private static final String STARTED = "server.port: 1\nrate_limit.on_redis_failure: deny";

    @TempDir
    Path folder;

    private Configuration config(String yaml) throws ConfigException {
        return ConfigBuilder.yaml(folder, yaml)
                .withEnv("EPHEMERAL_OTP_PEPPER", "x".repeat(40))
                .load();
    }

    @Test
    void reloadableSettingsApplyAndTheOthersStayUntilARestart() throws ConfigException {
        LiveConfiguration live = new LiveConfiguration(config(STARTED));

        for (int times = 0; times < 2; times++) { // the second file repeats the first
            var reload =
                    live.reload(config("server.port: 2\nrate_limit.on_redis_failure: allow\nredis.timeout: 400ms"));
            assertThat(reload.applied()).isEqualTo(times == 0 ? List.of("rate_limit.on_redis_failure") : List.of());
            assertThat(reload.pending()).containsExactly("server.port", "redis.timeout");
            assertThat(reload.settings().server().port()).isEqualTo(1);
            assertThat(reload.settings()).isEqualTo(live.inForce().settings());
            assertThat(live.inForce().inForce())
                    .contains(new Configuration.InForce("server.port", "1", folder + "/ephemeral.yaml"))
                    .contains(new Configuration.InForce(
                            "rate_limit.on_redis_failure", "allow", folder + "/ephemeral.yaml"));
        }
        var back = live.reload(config(STARTED));
        assertThat(back.applied()).containsExactly("rate_limit.on_redis_failure");
        assertThat(back.pending()).isEmpty();
    }

    @Test
    void changeThatAnotherSourceOverridesIsReportedOnce() throws ConfigException {
        LiveConfiguration live = new LiveConfiguration(config(STARTED));

        for (int times = 0; times < 2; times++) {
            var reload = live.reload(config(STARTED + "\notp.pepper: " + "y".repeat(40)));
            assertThat(reload.applied()).isEmpty();
            assertThat(reload.pending()).isEmpty();
            assertThat(reload.overridden())
                    .isEqualTo(times == 0 ? Map.of("otp.pepper", "EPHEMERAL_OTP_PEPPER") : Map.of());
        }
    }

    @Test
    void everySecretSettingIsRedacted() throws ConfigException {
        ConfigBuilder config = ConfigBuilder.env(
                        "EPHEMERAL_REDIS_URL", "redis://app:swordfish@a,redis://app:swordfish@b")
                .withEnv("EPHEMERAL_REDIS_TOPOLOGY", "cluster");
        List<String> secrets = Features.settings().settings().stream()
                .filter(Setting::secret)
                .map(Setting::name)
                .toList();
        assertThat(secrets).contains("redis.password", "otp.pepper", "otp.previous_pepper");
        Features.settings().settings().stream()
                .filter(Setting::secret)
                .forEach(secret -> config.withEnv(secret.env(), "swordfish".repeat(4) + secret.name()));

        List<Configuration.InForce> inForce = config.load().inForce();

        assertThat(inForce).hasSameSizeAs(Features.settings().settings());
        assertThat(inForce.toString()).doesNotContain("swordfish");
        assertThat(inForce)
                .filteredOn(setting -> secrets.contains(setting.name()))
                .allMatch(setting -> setting.value().equals("(redacted)"));
    }
}
