/** The load generators of {@code bench/run}, and the server with one empty RPC added as their baseline. */
@NullMarked
package io.flowhub.ephemeral.bench;

import org.jspecify.annotations.NullMarked;
