package io.flowhub.ephemeral.spring.ratelimit;

import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.springframework.aop.support.AopUtils;
import org.springframework.core.MethodClassKey;
import org.springframework.core.MethodIntrospector;
import org.springframework.core.annotation.AnnotatedElementUtils;
import org.springframework.core.annotation.AnnotationUtils;
import org.springframework.expression.ParseException;
import org.springframework.expression.spel.standard.SpelExpressionParser;
import org.springframework.util.ReflectionUtils;

/** The limits that the methods of a class have. */
final class HandlerLimits {

    private final SpelExpressionParser parser = new SpelExpressionParser();
    private final Map<MethodClassKey, List<HandlerLimit>> known = new ConcurrentHashMap<>();

    /**
     * Whether a method of the class has a limit.
     *
     * @throws IllegalStateException if a limit would have no effect, or its key is no expression
     */
    boolean isLimited(Class<?> type) {
        if (!AnnotationUtils.isCandidateClass(type, List.of(RateLimited.class, RateLimits.class))) {
            return false;
        }
        Set<Method> limited = MethodIntrospector.selectMethods(
                type, (ReflectionUtils.MethodFilter) method -> !read(method).isEmpty());
        limited.forEach(HandlerLimits::requireProxyable);
        return !limited.isEmpty();
    }

    /** Empty if it has none. */
    List<HandlerLimit> of(Method method, Class<?> type) {
        return known.computeIfAbsent(
                new MethodClassKey(method, type), key -> read(AopUtils.getMostSpecificMethod(method, type)));
    }

    private List<HandlerLimit> read(Method method) {
        return AnnotatedElementUtils.findMergedRepeatableAnnotations(method, RateLimited.class, RateLimits.class)
                .stream()
                .map(limit -> parsed(limit, method))
                .toList();
    }

    private HandlerLimit parsed(RateLimited limit, Method method) {
        try {
            return new HandlerLimit(limit.action(), parser.parseExpression(limit.key()), limit.onUnavailable());
        } catch (ParseException | IllegalArgumentException e) {
            throw new IllegalStateException(
                    "The key of @RateLimited on " + method + ": \"" + limit.key() + "\" (expected: an expression)", e);
        }
    }

    private static void requireProxyable(Method method) {
        if ((method.getModifiers() & (Modifier.PRIVATE | Modifier.STATIC | Modifier.FINAL)) != 0) {
            throw new IllegalStateException(
                    "@RateLimited has no effect on " + method + " (expected: not private, static or final)");
        }
    }
}
