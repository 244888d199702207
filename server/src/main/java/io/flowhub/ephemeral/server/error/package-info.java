/** Every expected failure of a call: one exception class each, with its gRPC code, error reason and retry delay. */
@NullMarked
package io.flowhub.ephemeral.server.error;

import org.jspecify.annotations.NullMarked;
