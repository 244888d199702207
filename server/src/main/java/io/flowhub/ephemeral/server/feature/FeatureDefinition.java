package io.flowhub.ephemeral.server.feature;

import io.flowhub.ephemeral.server.config.Settings;
import io.flowhub.ephemeral.server.config.SettingsGroup;
import io.grpc.ServiceDescriptor;
import java.io.IOException;
import java.util.List;

/**
 * A feature as the server lists it.
 *
 * @param <S> its settings record
 * @param name the name of its package
 * @param services what it serves
 * @param keyKinds the kinds of state it keeps in Redis
 * @param factory starts it
 */
public record FeatureDefinition<S>(
        String name,
        List<ServiceDescriptor> services,
        SettingsGroup<S> settings,
        List<KeyKind> keyKinds,
        Factory<S> factory) {

    public FeatureDefinition {
        services = List.copyOf(services);
        keyKinds = List.copyOf(keyKinds);
    }

    /** A feature with one service. */
    public FeatureDefinition(
            String name,
            ServiceDescriptor service,
            SettingsGroup<S> settings,
            List<KeyKind> keyKinds,
            Factory<S> factory) {
        this(name, List.of(service), settings, keyKinds, factory);
    }

    /** Starts a feature. */
    public interface Factory<S> {

        /**
         * Starts the feature.
         *
         * @throws IOException if a file that the settings name cannot be used
         */
        Feature<S> start(S settings, FeatureContext context) throws IOException;
    }

    /** Starts the feature. */
    public Running<S> start(Settings all, FeatureContext context) throws IOException {
        return new Running<>(this, factory.start(all.get(settings), context));
    }

    /** A running feature with its definition. */
    public record Running<S>(FeatureDefinition<S> definition, Feature<S> feature) implements AutoCloseable {

        public void reload(Settings changed) {
            feature.reload().accept(changed.get(definition.settings()));
        }

        @Override
        public void close() {
            feature.close().run();
        }
    }
}
