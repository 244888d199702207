/** Reading through the cache. Internal: may change without notice. */
@NullMarked
package io.flowhub.ephemeral.client.internal.cache;

import org.jspecify.annotations.NullMarked;
