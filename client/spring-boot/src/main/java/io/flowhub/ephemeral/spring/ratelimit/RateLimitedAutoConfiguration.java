package io.flowhub.ephemeral.spring.ratelimit;

import io.flowhub.ephemeral.client.EphemeralStubs;
import io.flowhub.ephemeral.spring.client.EphemeralClientAutoConfiguration;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnWebApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.context.annotation.Bean;
import org.springframework.util.function.SingletonSupplier;
import org.springframework.web.servlet.DispatcherServlet;

/** Applies {@link RateLimited}. */
@AutoConfiguration(after = EphemeralClientAutoConfiguration.class)
@ConditionalOnWebApplication(type = ConditionalOnWebApplication.Type.SERVLET)
@ConditionalOnClass(DispatcherServlet.class)
@EnableConfigurationProperties(RateLimitProperties.class)
public final class RateLimitedAutoConfiguration {

    /** Beans are resolved at the first call: a post-processor must not create them early. */
    @Bean
    static RateLimitedBeans rateLimitedBeans(
            ObjectProvider<EphemeralStubs> ephemeral,
            ObjectProvider<RateLimitProperties> properties,
            BeanFactory beans) {
        HandlerLimits limits = new HandlerLimits();
        SingletonSupplier<RateLimitChecks> checks = SingletonSupplier.of(() -> new RateLimitChecks(
                ephemeral.getObject(), properties.getObject().deadline()));
        return new RateLimitedBeans(
                limits,
                new RateLimitInterceptor(limits, checks::obtain, properties::getObject, new KeyEvaluation(beans)));
    }
}
