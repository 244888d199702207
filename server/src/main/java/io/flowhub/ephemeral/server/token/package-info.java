/**
 * Login tokens: single use, 256 random bits, of which Redis stores a digest only. A call enters {@link
 * io.flowhub.ephemeral.server.token.TokenService}, which validates the request and makes a {@code LoginToken} of it. {@code
 * TokenStore} runs one script of {@code lua/token} on the keys of {@code TokenKeys}. {@code TokenFeature} assembles these
 * parts.
 */
@NullMarked
package io.flowhub.ephemeral.server.token;

import org.jspecify.annotations.NullMarked;
