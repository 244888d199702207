/** Futures, background threads, turns of event loops, bounded counts and lock-free tables that several packages share. */
@NullMarked
package io.flowhub.ephemeral.server.concurrent;

import org.jspecify.annotations.NullMarked;
