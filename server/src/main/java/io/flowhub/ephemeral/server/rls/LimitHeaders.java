package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.config.core.v3.HeaderValue;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** The headers that show a client how much of its limit is left: of the limit that denies it, else of the one with least left. */
final class LimitHeaders {

    /** @param globalQuotaMode whether each limit is a quota, which denies nothing alone */
    static List<HeaderValue> of(List<Verdict> verdicts, boolean globalQuotaMode) {
        DescriptorStatus shown = shown(verdicts, globalQuotaMode);
        return shown == null
                ? List.of()
                : List.of(
                        header("RateLimit-Limit", shown.getCurrentLimit().getRequestsPerUnit()),
                        header("RateLimit-Remaining", shown.getLimitRemaining()),
                        header("RateLimit-Reset", shown.getDurationUntilReset().getSeconds()));
    }

    private static @Nullable DescriptorStatus shown(List<Verdict> verdicts, boolean globalQuotaMode) {
        DescriptorStatus shown = null;
        for (Verdict verdict : verdicts) {
            DescriptorStatus status = verdict.status();
            boolean denies = verdict.over() && !verdict.isQuota(globalQuotaMode);
            if (denies || (status.hasCurrentLimit() && (shown == null || hasLess(status, shown)))) {
                shown = status;
            }
        }
        return shown;
    }

    private static boolean hasLess(DescriptorStatus status, DescriptorStatus other) {
        return Integer.compareUnsigned(status.getLimitRemaining(), other.getLimitRemaining()) < 0;
    }

    private static HeaderValue header(String name, int unsigned) {
        return header(name, Integer.toUnsignedLong(unsigned));
    }

    private static HeaderValue header(String name, long value) {
        return HeaderValue.newBuilder()
                .setKey(name)
                .setValue(Long.toString(value))
                .build();
    }

    private LimitHeaders() {}
}
