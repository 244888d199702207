package io.flowhub.ephemeral.spring.ratelimit;

import io.flowhub.ephemeral.client.EphemeralIds;
import jakarta.servlet.http.HttpServletRequest;
import org.aopalliance.intercept.MethodInvocation;
import org.springframework.aop.support.AopUtils;
import org.springframework.beans.factory.BeanFactory;
import org.springframework.context.expression.BeanFactoryResolver;
import org.springframework.context.expression.MethodBasedEvaluationContext;
import org.springframework.core.DefaultParameterNameDiscoverer;
import org.springframework.core.ParameterNameDiscoverer;
import org.springframework.expression.BeanResolver;
import org.springframework.http.HttpStatus;
import org.springframework.http.ProblemDetail;
import org.springframework.web.ErrorResponseException;

/** Evaluates the key of a limit for one call. */
final class KeyEvaluation {

    private final ParameterNameDiscoverer parameterNames = new DefaultParameterNameDiscoverer();
    private final BeanResolver beans;

    KeyEvaluation(BeanFactory beans) {
        this.beans = new BeanFactoryResolver(beans);
    }

    String of(HandlerLimit limit, MethodInvocation call, Object handler, HttpServletRequest request) {
        var method = AopUtils.getMostSpecificMethod(call.getMethod(), handler.getClass());
        var context = new MethodBasedEvaluationContext(handler, method, call.getArguments(), parameterNames);
        context.setBeanResolver(beans);
        if (context.lookupVariable("request") == null) {
            context.setVariable("request", request);
        }
        Object key = limit.key().getValue(context);
        try {
            return EphemeralIds.escape(key == null ? "" : key.toString());
        } catch (IllegalArgumentException e) {
            throw unusable(limit, e);
        }
    }

    private static ErrorResponseException unusable(HandlerLimit limit, Exception cause) {
        ProblemDetail problem = ProblemDetail.forStatusAndDetail(
                HttpStatus.BAD_REQUEST,
                "The key of the limit " + limit.action() + " is empty or too long (expected: 1 to 128 bytes of UTF-8)");
        return new ErrorResponseException(HttpStatus.BAD_REQUEST, problem, cause);
    }
}
