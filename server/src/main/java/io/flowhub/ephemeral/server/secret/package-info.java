/**
 * Secrets, for the features that need them: {@link io.flowhub.ephemeral.server.secret.RandomText} generates a secret,
 * {@link io.flowhub.ephemeral.server.secret.Sha256} makes the digest of a long one, and {@link
 * io.flowhub.ephemeral.server.secret.Hmac} the digest of a short one, under a key. Redis stores the digest only.
 */
@NullMarked
package io.flowhub.ephemeral.server.secret;

import org.jspecify.annotations.NullMarked;
