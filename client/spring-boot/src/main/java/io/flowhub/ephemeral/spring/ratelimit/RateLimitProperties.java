package io.flowhub.ephemeral.spring.ratelimit;

import java.time.Duration;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;

/**
 * The settings of limits on handlers.
 *
 * @param deadline Time that a check may take, retries included.
 * @param onUnavailable Whether a handler runs (open) or its call fails with 503 (closed) while Ephemeral is unavailable,
 *     unless its annotation states it.
 */
@ConfigurationProperties("ephemeral.client.rate-limit")
record RateLimitProperties(
        @DefaultValue("200ms") Duration deadline,
        @DefaultValue("open") Policy onUnavailable) {

    enum Policy {
        OPEN,
        CLOSED
    }

    boolean isOpen(OnUnavailable ofHandler) {
        return switch (ofHandler) {
            case OPEN -> true;
            case CLOSED -> false;
            case AS_CONFIGURED -> onUnavailable == Policy.OPEN;
        };
    }
}
