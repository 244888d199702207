/** A server in memory, for tests: {@link io.flowhub.ephemeral.fake.FakeEphemeral}. */
@NullMarked
package io.flowhub.ephemeral.fake;

import org.jspecify.annotations.NullMarked;
