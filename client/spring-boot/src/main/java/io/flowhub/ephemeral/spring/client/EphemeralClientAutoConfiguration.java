package io.flowhub.ephemeral.spring.client;

import io.flowhub.ephemeral.client.EphemeralClient;
import io.flowhub.ephemeral.client.EphemeralClientBuilder;
import io.flowhub.ephemeral.client.EphemeralStubs;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.ssl.SslAutoConfiguration;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.ssl.SslBundles;
import org.springframework.context.annotation.Bean;

/** Builds the client, unless the application has a bean with the stubs. */
@AutoConfiguration(after = SslAutoConfiguration.class)
@EnableConfigurationProperties(EphemeralClientProperties.class)
public final class EphemeralClientAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(EphemeralStubs.class)
    EphemeralClient ephemeralClient(
            EphemeralClientProperties properties,
            ObjectProvider<SslBundles> sslBundles,
            ObjectProvider<EphemeralClientBuilderCustomizer> customizers) {
        EphemeralClientBuilder builder = new ClientFromProperties(properties, sslBundles).builder();
        customizers.orderedStream().forEach(customizer -> customizer.customize(builder));
        return builder.build();
    }
}
