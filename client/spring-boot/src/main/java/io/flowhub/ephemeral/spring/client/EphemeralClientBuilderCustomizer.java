package io.flowhub.ephemeral.spring.client;

import io.flowhub.ephemeral.client.EphemeralClientBuilder;

/** A bean of this type changes the settings of the client, after the properties are applied. */
@FunctionalInterface
public interface EphemeralClientBuilderCustomizer {

    void customize(EphemeralClientBuilder builder);
}
