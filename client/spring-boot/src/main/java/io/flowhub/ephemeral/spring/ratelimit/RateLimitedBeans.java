package io.flowhub.ephemeral.spring.ratelimit;

import java.lang.reflect.Method;
import org.springframework.aop.framework.autoproxy.AbstractBeanFactoryAwareAdvisingPostProcessor;
import org.springframework.aop.support.DefaultPointcutAdvisor;
import org.springframework.aop.support.StaticMethodMatcherPointcut;
import org.springframework.core.Ordered;

/** Gives each bean with a limited method a proxy that checks the limit first. */
final class RateLimitedBeans extends AbstractBeanFactoryAwareAdvisingPostProcessor {

    private static final long serialVersionUID = 1L;

    RateLimitedBeans(HandlerLimits limits, RateLimitInterceptor interceptor) {
        this.advisor = new DefaultPointcutAdvisor(new LimitedMethods(limits), interceptor);
        setProxyTargetClass(true);
        setBeforeExistingAdvisors(true);
        setOrder(Ordered.LOWEST_PRECEDENCE);
    }

    private static final class LimitedMethods extends StaticMethodMatcherPointcut {

        private final HandlerLimits limits;

        LimitedMethods(HandlerLimits limits) {
            this.limits = limits;
            setClassFilter(limits::isLimited);
        }

        @Override
        public boolean matches(Method method, Class<?> type) {
            return !limits.of(method, type).isEmpty();
        }
    }
}
