/** Cached objects, users and products: their contract, and the rules by which they are read, filled and evicted. */
@NullMarked
package io.flowhub.ephemeral.server.cache;

import org.jspecify.annotations.NullMarked;
