/** What all secrets are made and kept with: text that nobody can guess, and digests that do not give it away. */
@NullMarked
package io.flowhub.ephemeral.server.secret;

import org.jspecify.annotations.NullMarked;
