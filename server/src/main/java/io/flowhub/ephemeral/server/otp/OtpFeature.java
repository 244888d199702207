package io.flowhub.ephemeral.server.otp;

import io.flowhub.ephemeral.server.config.RedisSettings;
import io.flowhub.ephemeral.server.event.LogEvent;
import io.flowhub.ephemeral.server.feature.Feature;
import io.flowhub.ephemeral.server.feature.FeatureContext;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.v1.OtpServiceGrpc;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The feature of one-time passwords. Disabled without a pepper. */
public final class OtpFeature {

    private static final Logger log = LoggerFactory.getLogger(OtpFeature.class);
    private static final LogEvent DISABLED = LogEvent.warn("otp_disabled", DisabledOtpService.DISABLED_MESSAGE);

    public static final FeatureDefinition<?> DEFINITION = new FeatureDefinition<>(
            "otp", OtpServiceGrpc.getServiceDescriptor(), OtpSettings.GROUP, List.of(OtpKeys.KIND), OtpFeature::start);

    private static Feature<OtpSettings> start(OtpSettings settings, FeatureContext context) {
        boolean ephemeralRedis = context.redisSettings().endpoint() instanceof RedisSettings.Embedded;
        OtpMetrics metrics = new OtpMetrics(context.metrics());
        return Peppers.of(settings, ephemeralRedis)
                .map(peppers -> Feature.<OtpSettings>of(
                        new OtpService(new OtpStore(settings, peppers, context.redis()), metrics)))
                .orElseGet(() -> {
                    DISABLED.log(log);
                    return Feature.disabled(new DisabledOtpService());
                });
    }

    private OtpFeature() {}
}
