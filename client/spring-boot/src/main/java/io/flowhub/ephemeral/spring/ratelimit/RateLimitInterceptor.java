package io.flowhub.ephemeral.spring.ratelimit;

import java.util.List;
import java.util.function.Supplier;
import org.aopalliance.intercept.MethodInterceptor;
import org.aopalliance.intercept.MethodInvocation;
import org.jspecify.annotations.Nullable;
import org.springframework.web.context.request.RequestContextHolder;
import org.springframework.web.context.request.ServletRequestAttributes;

/** Checks the limits of a handler before it runs. */
final class RateLimitInterceptor implements MethodInterceptor {

    private final HandlerLimits limits;
    private final Supplier<RateLimitChecks> checks;
    private final Supplier<RateLimitProperties> properties;
    private final KeyEvaluation keys;

    RateLimitInterceptor(
            HandlerLimits limits,
            Supplier<RateLimitChecks> checks,
            Supplier<RateLimitProperties> properties,
            KeyEvaluation keys) {
        this.limits = limits;
        this.checks = checks;
        this.properties = properties;
        this.keys = keys;
    }

    @Override
    public @Nullable Object invoke(MethodInvocation call) throws Throwable {
        Object handler = call.getThis();
        if (handler != null
                && RequestContextHolder.getRequestAttributes() instanceof ServletRequestAttributes request
                && request.getResponse() != null) {
            List<HandlerLimit> ofHandler = limits.of(call.getMethod(), handler.getClass());
            RateLimitHeaders headers = new RateLimitHeaders(request.getResponse());
            for (HandlerLimit limit : ofHandler) {
                apply(limit, keys.of(limit, call, handler, request.getRequest()), headers);
            }
        }
        return call.proceed();
    }

    private void apply(HandlerLimit limit, String key, RateLimitHeaders headers) {
        RateLimitDecision decision = checks.get().check(limit.action(), key);
        if (decision instanceof RateLimitDecision.Decided decided) {
            headers.set(decided.response());
            if (!decided.response().getAllowed()) {
                var retryAfter = RateLimitHeaders.retryAfter(decided.response());
                headers.setRetryAfter(retryAfter);
                throw new RateLimitDeniedException(limit.action(), retryAfter);
            }
        } else if (decision instanceof RateLimitDecision.Undecided undecided
                && !properties.get().isOpen(limit.onUnavailable())) {
            headers.setRetryAfter(undecided.retryDelay());
            throw new RateLimitUnavailableException(limit.action(), undecided.retryDelay(), undecided.failure());
        }
    }
}
