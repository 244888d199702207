/**
 * Session flags: short values about the session of a user, each with a TTL. A call enters {@link
 * io.flowhub.ephemeral.server.session.SessionService}, which validates the request and makes a {@code SessionFlagId} of it.
 * {@code SessionStore} runs one script of {@code lua/session} on the key of the flag and returns a {@code SessionFlag}.
 * {@code SessionFeature} assembles these parts.
 */
@NullMarked
package io.flowhub.ephemeral.server.session;

import org.jspecify.annotations.NullMarked;
