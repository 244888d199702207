/**
 * A load generator that sends a different message with each call at the cost of h2load: one thread, raw frames, no client
 * library. {@link io.flowhub.ephemeral.bench.load.Load} is its command line.
 */
@NullMarked
package io.flowhub.ephemeral.bench.load;

import org.jspecify.annotations.NullMarked;
