/**
 * Session flags. A call goes from {@link io.flowhub.ephemeral.server.session.SessionService} (the contract) to {@code
 * SessionStore} (the rules) and to the scripts in {@code lua/session}.
 */
@NullMarked
package io.flowhub.ephemeral.server.session;

import org.jspecify.annotations.NullMarked;
