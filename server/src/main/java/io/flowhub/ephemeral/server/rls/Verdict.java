package io.flowhub.ephemeral.server.rls;

import com.google.protobuf.Duration;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.DescriptorStatus;
import io.flowhub.ephemeral.server.rls.DescriptorLimit.Counted;

/** The result of one descriptor. */
record Verdict(DescriptorLimit limit, DescriptorStatus status) {

    private static final long MILLIS_PER_SECOND = 1_000;

    private static final DescriptorStatus PASSES =
            DescriptorStatus.newBuilder().setCode(Code.OK).build();

    /** The largest number, as envoyproxy/ratelimit answers. */
    private static final DescriptorStatus UNLIMITED =
            PASSES.toBuilder().setLimitRemaining((int) Limit.MAX_REQUESTS).build();

    /** The result of a descriptor without a counter. */
    static Verdict of(DescriptorLimit limit) {
        return new Verdict(limit, limit instanceof DescriptorLimit.Unlimited ? UNLIMITED : PASSES);
    }

    static Verdict of(Counted counted, Count count) {
        AppliedLimit applied = counted.applied();
        long max = applied.limit().requestsPerUnit();
        boolean over = count.used() > max && !counted.givesBack();
        DescriptorStatus.Builder status = DescriptorStatus.newBuilder()
                .setCode(over && !applied.shadowMode() ? Code.OVER_LIMIT : Code.OK)
                .setCurrentLimit(applied.message())
                .setLimitRemaining((int) Math.max(0, max - count.used()));
        if (count.leftMillis() > 0) {
            status.setDurationUntilReset(wholeSeconds(count.leftMillis()));
        }
        return new Verdict(counted, status.build());
    }

    private static Duration wholeSeconds(long millis) {
        return Duration.newBuilder()
                .setSeconds((millis + MILLIS_PER_SECOND - 1) / MILLIS_PER_SECOND)
                .build();
    }

    boolean over() {
        return status.getCode() == Code.OVER_LIMIT;
    }

    /** Whether it denies a request only together with all others. */
    boolean isQuota(boolean globalQuotaMode) {
        if (limit instanceof Counted counted && counted.applied().quotaMode()) {
            return true;
        }
        return globalQuotaMode && !(limit instanceof DescriptorLimit.Unlimited);
    }
}
