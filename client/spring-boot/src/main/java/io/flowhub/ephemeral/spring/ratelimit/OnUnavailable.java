package io.flowhub.ephemeral.spring.ratelimit;

/** What happens to a call while Ephemeral is unavailable, overloaded or too slow. */
public enum OnUnavailable {

    /** As the property {@code ephemeral.client.rate-limit.on-unavailable} says. */
    AS_CONFIGURED,

    /** The handler runs. */
    OPEN,

    /** The call fails with {@link RateLimitUnavailableException}, which Spring turns into 503. */
    CLOSED
}
