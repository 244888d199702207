/** The Java client: {@link io.flowhub.ephemeral.client.EphemeralClient} is the entry point. */
@NullMarked
package io.flowhub.ephemeral.client;

import org.jspecify.annotations.NullMarked;
