package io.flowhub.ephemeral.spring.client;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralStubs;
import io.flowhub.ephemeral.spring.cache.EphemeralCache;
import io.flowhub.ephemeral.spring.fixture.LimitServer;
import io.flowhub.ephemeral.v1.CheckRateRequest;
import io.grpc.Channel;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.springframework.boot.autoconfigure.AutoConfigurations;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.test.context.runner.ApplicationContextRunner;
import org.springframework.context.ApplicationContext;
import org.springframework.core.env.SystemEnvironmentPropertySource;

@Tag("contract")
@Timeout(60)
class EphemeralClientAutoConfigurationTest {

    private static final LimitServer SERVER = LimitServer.start();
    private static final CheckRateRequest CHECK =
            CheckRateRequest.newBuilder().setUserId("alice").setAction("search").build();

    private final ApplicationContextRunner unconfigured = new ApplicationContextRunner()
            .withConfiguration(
                    AutoConfigurations.of(EphemeralClientAutoConfiguration.class, SslAutoConfiguration.class));
    private final ApplicationContextRunner plaintext = unconfigured.withPropertyValues(
            "ephemeral.client.target=" + SERVER.target(),
            "ephemeral.client.plaintext=true",
            "ephemeral.client.deadline=20s");

    @AfterAll
    static void stop() {
        SERVER.close();
    }

    private static boolean isAllowed(ApplicationContext context) {
        return context.getBean(EphemeralClient.class)
                .rateLimits()
                .checkRate(CHECK)
                .getAllowed();
    }

    @Test
    void clientOfThePropertiesReachesTheServer() {
        plaintext.run(context -> assertThat(isAllowed(context)).isTrue());
    }

    /** The variables that every client of Ephemeral reads. */
    @Test
    void environmentVariablesOfAllClientsConfigureIt(@TempDir Path dir) throws Exception {
        Path token = Files.writeString(dir.resolve("token"), "of-the-environment\n");
        Map<String, Object> variables = Map.of(
                "EPHEMERAL_CLIENT_TARGET",
                SERVER.target(),
                "EPHEMERAL_CLIENT_PLAINTEXT",
                "true",
                "EPHEMERAL_CLIENT_TOKEN_FILE",
                token.toString(),
                "EPHEMERAL_CLIENT_DEADLINE",
                "20s");
        unconfigured
                .withInitializer(context -> context.getEnvironment()
                        .getPropertySources()
                        .replace(
                                "systemEnvironment",
                                new SystemEnvironmentPropertySource("systemEnvironment", variables)))
                .run(context -> {
                    assertThat(isAllowed(context)).isTrue();
                    assertThat(SERVER.authorizations).contains("Bearer of-the-environment");
                });
    }

    @Test
    void clientIsClosedWithTheApplication() {
        EphemeralClient[] client = new EphemeralClient[1];
        plaintext.run(context -> client[0] = context.getBean(EphemeralClient.class));
        assertThatThrownBy(() -> client[0].rateLimits().checkRate(CHECK)).isInstanceOf(StatusRuntimeException.class);
    }

    @Test
    void ownBeanOfTheStubsReplacesTheClient() {
        try (EphemeralClient own = EphemeralClient.connect(SERVER.target())) {
            EphemeralStubs fake = new EphemeralStubs() {
                @Override
                public Channel channel() {
                    return own.channel();
                }
            };
            unconfigured.withBean("fake", EphemeralStubs.class, () -> fake).run(context -> {
                assertThat(context).hasNotFailed();
                assertThat(context).doesNotHaveBean(EphemeralClient.class).doesNotHaveBean(EphemeralCache.class);
            });
            unconfigured
                    .withBean("own", EphemeralClient.class, () -> own)
                    .run(context ->
                            assertThat(context.getBean(EphemeralClient.class)).isSameAs(own));
        }
    }

    @Test
    void customizersAreAppliedAfterTheProperties() {
        plaintext
                .withBean(
                        EphemeralClientBuilderCustomizer.class,
                        () -> builder ->
                                builder.bearerToken(() -> "of-the-customizer").deadline(Duration.ofSeconds(20)))
                .run(context -> {
                    assertThat(isAllowed(context)).isTrue();
                    assertThat(SERVER.authorizations).contains("Bearer of-the-customizer");
                });
    }

    @ParameterizedTest
    @CsvSource({
        "target, ' '",
        "deadline, 0ms",
        "keep-alive, 1s",
        "max-cache-wait, 2h",
        "max-loads, 0",
        "load-deadline, 2h",
        "token-file, /nowhere/token",
        "ca, /nowhere/ca.crt"
    })
    void invalidValueIsReportedWithItsProperty(String name, String value) {
        ApplicationContextRunner tls = name.equals("ca")
                ? unconfigured.withPropertyValues("ephemeral.client.target=" + SERVER.target())
                : plaintext;
        tls.withPropertyValues("ephemeral.client." + name + "=" + value)
                .run(context ->
                        assertThat(context.getStartupFailure()).hasStackTraceContaining("ephemeral.client." + name));
    }

    @ParameterizedTest
    @CsvSource({"ca", "certificate", "ssl.bundle"})
    void plaintextExcludesTls(String name) {
        plaintext
                .withPropertyValues("ephemeral.client." + name + "=any")
                .run(context -> assertThat(context.getStartupFailure())
                        .hasStackTraceContaining("ephemeral.client.plaintext")
                        .hasStackTraceContaining("ephemeral.client." + name));
    }

    @Test
    void missingTargetIsReported() {
        unconfigured.run(context -> assertThat(context.getStartupFailure())
                .hasStackTraceContaining("ephemeral.client.target")
                .hasStackTraceContaining("expected: host:port"));
    }
}
