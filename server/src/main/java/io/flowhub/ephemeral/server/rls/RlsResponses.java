package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitRequest;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse;
import io.flowhub.ephemeral.envoy.service.ratelimit.v3.RateLimitResponse.Code;
import java.util.List;

/** Makes the response of the results of the descriptors. */
final class RlsResponses {

    private final RlsSettings settings;

    RlsResponses(RlsSettings settings) {
        this.settings = settings;
    }

    RateLimitResponse of(RateLimitRequest request, List<Verdict> verdicts) {
        RateLimitResponse.Builder response = RateLimitResponse.newBuilder()
                .setOverallCode(denies(verdicts) && !settings.shadowMode() ? Code.OVER_LIMIT : Code.OK);
        for (int i = 0; i < verdicts.size(); i++) {
            response.addStatuses(verdicts.get(i).status());
        }
        if (settings.responseHeaders()) {
            response.addAllResponseHeadersToAdd(LimitHeaders.of(verdicts, settings.quotaMode()));
        }
        if (settings.dynamicMetadata()) {
            response.setDynamicMetadata(DynamicMetadata.of(request, verdicts));
        }
        return response.build();
    }

    /** Whether a limit is exceeded that is no quota, or all quotas are. */
    private boolean denies(List<Verdict> verdicts) {
        int quotas = 0;
        int exceeded = 0;
        for (int i = 0; i < verdicts.size(); i++) {
            Verdict verdict = verdicts.get(i);
            if (verdict.isQuota(settings.quotaMode())) {
                quotas++;
                exceeded += verdict.over() ? 1 : 0;
            } else if (verdict.over()) {
                return true;
            }
        }
        return exceeded > 0 && exceeded == quotas;
    }
}
