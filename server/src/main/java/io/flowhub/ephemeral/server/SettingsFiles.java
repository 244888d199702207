package io.flowhub.ephemeral.server;

import io.flowhub.ephemeral.server.caller.CallerGate;
import io.flowhub.ephemeral.server.caller.CallerSettings;
import io.flowhub.ephemeral.server.config.ConfigException;
import io.flowhub.ephemeral.server.config.Problems;
import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.redis.RedisClient;
import io.flowhub.ephemeral.server.rls.RlsFeature;
import io.flowhub.ephemeral.server.tls.PortCredentials;
import io.flowhub.ephemeral.server.tls.TlsSettings;
import io.grpc.BindableService;
import io.grpc.ServiceDescriptor;
import io.grpc.health.v1.HealthGrpc;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * The content of the files that the settings name. It is checked before the start, and apart from the settings: a reload of
 * the settings does not depend on files that have a reload of their own.
 */
public final class SettingsFiles {

    /** Fails with every file that the start would reject. */
    public static void check(Settings settings) throws ConfigException {
        Problems problems = new Problems();
        RedisClient.check(settings.redis(), problems);
        PortCredentials.check(settings.get(TlsSettings.GROUP), problems);
        Path callers = settings.get(CallerSettings.GROUP).file();
        if (callers != null) {
            CallerGate.check(callers, services(settings.server().reflection()), problems);
        }
        RlsFeature.check(settings, problems);
        problems.throwIfAny();
    }

    private static List<ServiceDescriptor> services(boolean reflection) {
        List<ServiceDescriptor> services = new ArrayList<>(Features.services());
        services.add(HealthGrpc.getServiceDescriptor());
        if (reflection) {
            for (BindableService service : Server.reflection()) {
                services.add(service.bindService().getServiceDescriptor());
            }
        }
        return services;
    }

    private SettingsFiles() {}
}
