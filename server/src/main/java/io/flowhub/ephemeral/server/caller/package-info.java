/** The callers that the server knows: how each proves itself, and which RPCs it may call. */
@NullMarked
package io.flowhub.ephemeral.server.caller;

import org.jspecify.annotations.NullMarked;
