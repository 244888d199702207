/** End-to-end tests of the client against gRPC servers on loopback. */
@NullMarked
package io.flowhub.ephemeral.client;

import org.jspecify.annotations.NullMarked;
