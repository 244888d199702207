package io.flowhub.ephemeral.spring.health;

import io.flowhub.ephemeral.client.EphemeralStubs;
import io.flowhub.ephemeral.spring.client.EphemeralClientAutoConfiguration;
import org.springframework.boot.actuate.autoconfigure.health.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.context.annotation.Bean;

/** The health indicator {@code ephemeral} for Spring Boot 3. */
@AutoConfiguration(after = EphemeralClientAutoConfiguration.class)
@ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
@ConditionalOnEnabledHealthIndicator("ephemeral")
@ConditionalOnBean(EphemeralStubs.class)
public final class Boot3HealthAutoConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "ephemeralHealthIndicator")
    HealthIndicator ephemeralHealthIndicator(EphemeralStubs ephemeral) {
        return new Boot3HealthIndicator(new ReadinessCall(ephemeral));
    }
}
