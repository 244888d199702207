/** Unary and stream calls, validation of requests, and the one mapping from exceptions to statuses. */
@NullMarked
package io.flowhub.ephemeral.server.rpc;

import org.jspecify.annotations.NullMarked;
