/**
 * Login tokens. A call goes from {@link io.flowhub.ephemeral.server.token.TokenService} (the contract) to {@code
 * TokenStore} (the rules) and to the scripts in {@code lua/token}.
 */
@NullMarked
package io.flowhub.ephemeral.server.token;

import org.jspecify.annotations.NullMarked;
