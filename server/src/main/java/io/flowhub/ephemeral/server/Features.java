package io.flowhub.ephemeral.server;

import io.flowhub.ephemeral.server.admin.AdminSettings;
import io.flowhub.ephemeral.server.broadcast.BroadcastFeature;
import io.flowhub.ephemeral.server.budget.BudgetFeature;
import io.flowhub.ephemeral.server.cache.CacheFeature;
import io.flowhub.ephemeral.server.caller.CallerSettings;
import io.flowhub.ephemeral.server.config.SettingCatalog;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.flowhub.ephemeral.server.feature.FeatureDefinition;
import io.flowhub.ephemeral.server.feature.KeyKind;
import io.flowhub.ephemeral.server.flag.FlagFeature;
import io.flowhub.ephemeral.server.flagd.FlagdFeature;
import io.flowhub.ephemeral.server.log.LogSettings;
import io.flowhub.ephemeral.server.otp.OtpFeature;
import io.flowhub.ephemeral.server.presence.PresenceFeature;
import io.flowhub.ephemeral.server.ratelimit.RateLimitFeature;
import io.flowhub.ephemeral.server.rls.RlsFeature;
import io.flowhub.ephemeral.server.session.SessionFeature;
import io.flowhub.ephemeral.server.tls.TlsSettings;
import io.flowhub.ephemeral.server.token.TokenFeature;
import io.flowhub.ephemeral.server.typing.TypingFeature;
import io.grpc.ServiceDescriptor;
import java.util.ArrayList;
import java.util.List;

/** All features. A new feature is one more line here; the lists of services, settings and keys are derived. */
public final class Features {

    static final List<FeatureDefinition<?>> ALL = List.of(
            RateLimitFeature.DEFINITION,
            OtpFeature.DEFINITION,
            SessionFeature.DEFINITION,
            TokenFeature.DEFINITION,
            CacheFeature.DEFINITION,
            FlagFeature.DEFINITION,
            PresenceFeature.DEFINITION,
            TypingFeature.DEFINITION,
            BroadcastFeature.DEFINITION,
            BudgetFeature.DEFINITION,
            RlsFeature.DEFINITION,
            FlagdFeature.DEFINITION);

    private static final SettingCatalog SETTINGS = new SettingCatalog(groups());

    /** All settings of the server. */
    public static SettingCatalog settings() {
        return SETTINGS;
    }

    /** The services of all features, also of those that are not served. */
    static List<ServiceDescriptor> services() {
        return ALL.stream().flatMap(feature -> feature.services().stream()).toList();
    }

    /** The kinds of state of all features. */
    public static List<KeyKind> keyKinds() {
        return ALL.stream().flatMap(feature -> feature.keyKinds().stream()).toList();
    }

    private static List<SettingsGroup<?>> groups() {
        List<SettingsGroup<?>> groups = new ArrayList<>(
                List.of(TlsSettings.GROUP, CallerSettings.GROUP, AdminSettings.GROUP, LogSettings.GROUP));
        ALL.forEach(feature -> groups.add(feature.settings()));
        return groups;
    }

    private Features() {}
}
