package io.flowhub.ephemeral.server.redis;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.net.URL;
import java.net.URLClassLoader;
import java.util.Objects;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Tag("contract")
class BundledRedisTest {

    private static final ClassLoader LOADER = BundledRedisTest.class.getClassLoader();

    @ParameterizedTest
    @CsvSource({"Linux, amd64, 7f45", "Linux, aarch64, 7f45", "Mac OS X, x86_64, cffa", "Mac OS X, aarch64, cffa"})
    void everySupportedPlatformHasAnExecutable(String osName, String osArch, String magic) throws IOException {
        String resource = BundledRedis.executables(LOADER).getProperty(BundledRedis.platform(osName, osArch));

        try (InputStream executable = Objects.requireNonNull(LOADER.getResourceAsStream(resource))) {
            assertThat("%02x%02x".formatted(executable.read(), executable.read()))
                    .isEqualTo(magic);
        }
    }

    @Test
    void platformWithoutAnExecutableIsNotListed() throws IOException {
        assertThat(BundledRedis.executables(LOADER).stringPropertyNames())
                .hasSize(4)
                .doesNotContain(BundledRedis.platform("Windows 11", "amd64"));
    }

    @Test
    void missingArtifactIsReportedWithTheSettingToUse() throws IOException {
        try (URLClassLoader empty = new URLClassLoader(new URL[0], null)) {
            assertThatThrownBy(() -> BundledRedis.unpack(empty))
                    .isInstanceOf(IOException.class)
                    .hasMessageContainingAll("no redis-server on the PATH", "redis.url", "EPHEMERAL_REDIS_URL");
        }
    }
}
