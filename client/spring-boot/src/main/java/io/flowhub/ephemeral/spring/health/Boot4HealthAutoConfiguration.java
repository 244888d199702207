package io.flowhub.ephemeral.spring.health;

import io.flowhub.ephemeral.client.EphemeralStubs;
import io.flowhub.ephemeral.spring.client.EphemeralClientAutoConfiguration;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;

/** The health indicator {@code ephemeral} for Spring Boot 4. */
@AutoConfiguration(after = EphemeralClientAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnEnabledHealthIndicator("ephemeral")
@ConditionalOnBean(EphemeralStubs.class)
public final class Boot4HealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "ephemeralHealthIndicator")
    HealthIndicator ephemeralHealthIndicator(EphemeralStubs ephemeral) {
        return new Boot4HealthIndicator(new ReadinessCall(ephemeral));
    }
}
