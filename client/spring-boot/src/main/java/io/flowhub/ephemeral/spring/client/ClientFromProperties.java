package io.flowhub.ephemeral.spring.client;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralClientBuilder;
import java.io.UncheckedIOException;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.context.properties.source.InvalidConfigurationPropertyValueException;
import org.springframework.boot.ssl.SslBundles;

/** Applies the properties. An invalid value is reported with the name of its property. */
final class ClientFromProperties {

    private static final String PREFIX = "ephemeral.client.";

    private final EphemeralClientProperties properties;
    private final ObjectProvider<SslBundles> sslBundles;

    ClientFromProperties(EphemeralClientProperties properties, ObjectProvider<SslBundles> sslBundles) {
        this.properties = properties;
        this.sslBundles = sslBundles;
    }

    EphemeralClientBuilder builder() {
        String target = properties.target();
        if (target == null) {
            throw invalid("target", null, "It is not set (expected: host:port)");
        }
        EphemeralClientBuilder builder = checked("target", target, EphemeralClient::builder);
        checked("deadline", properties.deadline(), builder::deadline);
        checked("keep-alive", properties.keepAlive(), builder::keepAlive);
        checked("max-cache-wait", properties.maxCacheWait(), builder::maxCacheWait);
        checked("max-loads", properties.maxLoads(), builder::maxLoads);
        checked("load-deadline", properties.loadDeadline(), builder::loadDeadline);
        new ClientTls(properties, sslBundles).credentials().ifPresent(builder::credentials);
        if (properties.tokenFile() != null) {
            checked("token-file", properties.tokenFile(), builder::bearerTokenFile);
        }
        if (properties.allowClearTextToken()) {
            builder.allowClearTextToken();
        }
        return builder;
    }

    private static <V, R> R checked(String name, V value, Function<V, R> setting) {
        try {
            return setting.apply(value);
        } catch (IllegalArgumentException | UncheckedIOException e) {
            throw invalid(name, value, String.valueOf(e.getMessage()));
        }
    }

    static InvalidConfigurationPropertyValueException invalid(String name, @Nullable Object value, String reason) {
        return new InvalidConfigurationPropertyValueException(PREFIX + name, value, reason);
    }
}
