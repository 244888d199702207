package io.flowhub.ephemeral.server.redis;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Properties;

/** The {@code redis-server} of the artifact ephemeral-embedded-redis, which is optional at run time. */
final class BundledRedis {

    /** Maps each platform to the resource with its executable. */
    private static final String INDEX = "ephemeral-embedded-redis.properties";

    private static final String WHAT_TO_DO = "set redis.url (EPHEMERAL_REDIS_URL, or --redis) to an existing Redis, or"
            + " install redis-server on the PATH";

    /**
     * Unpacks the executable into a temporary directory; both are removed at exit.
     *
     * @throws IOException if the artifact is not on the class path, or has no executable for this platform
     */
    static Path unpack(ClassLoader loader) throws IOException {
        String platform = platform(System.getProperty("os.name", ""), System.getProperty("os.arch", ""));
        String resource = executables(loader).getProperty(platform);
        try (InputStream executable = resource == null ? null : loader.getResourceAsStream(resource)) {
            if (executable == null) {
                throw new IOException("no embedded Redis for " + platform + "; " + WHAT_TO_DO);
            }
            Path directory = Files.createTempDirectory("ephemeral-redis");
            directory.toFile().deleteOnExit();
            Path file = directory.resolve("redis-server");
            file.toFile().deleteOnExit();
            Files.copy(executable, file);
            if (!file.toFile().setExecutable(true)) {
                throw new IOException(file + " cannot be made executable");
            }
            return file;
        }
    }

    static Properties executables(ClassLoader loader) throws IOException {
        Properties executables = new Properties();
        try (InputStream index = loader.getResourceAsStream(INDEX)) {
            if (index == null) {
                throw new IOException("no embedded Redis: there is no redis-server on the PATH, and"
                        + " ephemeral-embedded-redis.jar is not on the class path; " + WHAT_TO_DO);
            }
            executables.load(index);
        }
        return executables;
    }

    static String platform(String osName, String osArch) {
        String os = osName.toLowerCase(Locale.ROOT);
        return (os.startsWith("mac") ? "macos" : os) + "-"
                + switch (osArch) {
                    case "amd64" -> "x86_64";
                    case "aarch64" -> "arm64";
                    default -> osArch;
                };
    }

    private BundledRedis() {}
}
