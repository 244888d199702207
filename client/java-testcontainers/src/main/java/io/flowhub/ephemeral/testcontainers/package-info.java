/** The server in containers, for tests: {@link io.flowhub.ephemeral.testcontainers.TestEphemeral}. */
@NullMarked
package io.flowhub.ephemeral.testcontainers;

import org.jspecify.annotations.NullMarked;
