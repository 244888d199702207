/**
 * Feature flags. A call goes from {@code FlagService}, which checks the request, to {@code FlagStore}, which runs the
 * scripts in {@code lua/flag}. {@code FlagMessages} converts the request of a read to a {@code FlagQuery}, and a {@code
 * FlagResult} to the response.
 */
@NullMarked
package io.flowhub.ephemeral.server.flag;

import org.jspecify.annotations.NullMarked;
