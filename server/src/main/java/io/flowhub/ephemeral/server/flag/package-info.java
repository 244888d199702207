/**
 * Feature flags. A call goes from {@link io.flowhub.ephemeral.server.flag.FeatureFlagService} (the contract) to {@code
 * FeatureFlagStore} (the rules) and to the scripts in {@code lua/flag}.
 */
@NullMarked
package io.flowhub.ephemeral.server.flag;

import org.jspecify.annotations.NullMarked;
