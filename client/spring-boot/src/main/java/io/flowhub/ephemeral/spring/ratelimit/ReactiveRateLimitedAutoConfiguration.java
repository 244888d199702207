package io.flowhub.ephemeral.spring.ratelimit;

import org.springframework.beans.factory.config.BeanPostProcessor;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.context.annotation.Bean;

/** An application of Spring WebFlux does not start with a {@link RateLimited}, which would have no effect there. */
@AutoConfiguration
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.REACTIVE)
public final class ReactiveRateLimitedAutoConfiguration {

    @Bean
    static BeanPostProcessor rateLimitedRejection() {
        HandlerLimits limits = new HandlerLimits();
        return new BeanPostProcessor() {
            @Override
            public Object postProcessAfterInitialization(Object bean, String name) {
                if (limits.isLimited(bean.getClass())) {
                    throw new IllegalStateException("@RateLimited has no effect on " + bean.getClass()
                            + " in a reactive application (expected: Spring MVC)");
                }
                return bean;
            }
        };
    }
}
