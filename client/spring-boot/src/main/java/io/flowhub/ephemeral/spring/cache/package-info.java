/** {@link io.flowhub.ephemeral.spring.cache.EphemeralCache}, which reads objects through the cache. */
@NullMarked
package io.flowhub.ephemeral.spring.cache;

import org.jspecify.annotations.NullMarked;
