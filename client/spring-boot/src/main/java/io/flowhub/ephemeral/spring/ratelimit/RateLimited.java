package io.flowhub.ephemeral.spring.ratelimit;

import java.lang.annotation.Documented;
import java.lang.annotation.ElementType;
import java.lang.annotation.Repeatable;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;

/**
 * Limits how often a handler of Spring MVC is called for one key. Each call consumes one hit of the action before the
 * handler runs.
 *
 * <pre>{@code
 * @PostMapping("/login")
 * @RateLimited(action = "login_attempts", key = "#login.user()")
 * String login(@RequestBody Login login) { ... }
 * }</pre>
 *
 * <p>A denied call fails with {@link RateLimitDeniedException}, which Spring turns into 429. The response has {@code
 * RateLimit-Limit}, {@code RateLimit-Remaining} and {@code RateLimit-Reset}, and {@code Retry-After} if it is denied.
 *
 * <p>Several limits are checked in their order until one denies; what the earlier ones consumed stays consumed.
 *
 * <p>The method must not be private, static or final: its class gets a proxy, which calls the check.
 */
@Target({ElementType.METHOD, ElementType.ANNOTATION_TYPE})
@Retention(RetentionPolicy.RUNTIME)
@Documented
@Repeatable(RateLimits.class)
public @interface RateLimited {

    /** The name of the policy on the server. */
    String action();

    /**
     * An expression of Spring (SpEL) for what is limited: a user, an address, a tenant. It reads the arguments of the
     * method by name ({@code #login.user()}), the request ({@code #request.remoteAddr}, {@code
     * #request.userPrincipal.name}) and beans ({@code @addresses.of(#request)}).
     *
     * <p>Characters that an id must not have are escaped. A request with an empty key, or one longer than 128 bytes of UTF-8
     * after that, gets 400.
     */
    String key();

    /** What happens while no decision can be had within the deadline. */
    OnUnavailable onUnavailable() default OnUnavailable.AS_CONFIGURED;
}
