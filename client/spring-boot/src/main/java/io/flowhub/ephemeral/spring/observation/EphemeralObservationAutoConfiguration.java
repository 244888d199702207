package io.flowhub.ephemeral.spring.observation;

import io.flowhub.ephemeral.spring.client.EphemeralClientAutoConfiguration;
import io.flowhub.ephemeral.spring.client.EphemeralClientBuilderCustomizer;
import io.micrometer.core.instrument.binder.grpc.ObservationGrpcClientInterceptor;
import io.micrometer.observation.ObservationRegistry;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.context.annotation.Bean;

/** Observes calls as {@code grpc.client}. */
@AutoConfiguration(
        before = EphemeralClientAutoConfiguration.class,
        afterName = {
            "org.springframework.boot.actuate.autoconfigure.observation.ObservationAutoConfiguration",
            "org.springframework.boot.micrometer.observation.autoconfigure.ObservationAutoConfiguration"
        })
@ConditionalOnClass({ObservationRegistry.class, ObservationGrpcClientInterceptor.class})
@ConditionalOnBean(ObservationRegistry.class)
public final class EphemeralObservationAutoConfiguration {

    @Bean
    EphemeralClientBuilderCustomizer observedEphemeralCalls(ObservationRegistry registry) {
        return builder -> builder.intercept(new ObservedUnaryCalls(new ObservationGrpcClientInterceptor(registry)));
    }
}
