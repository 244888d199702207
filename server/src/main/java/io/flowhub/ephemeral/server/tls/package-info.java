/** TLS of the gRPC port: its settings, its files, and what happens when these change. */
@NullMarked
package io.flowhub.ephemeral.server.tls;

import org.jspecify.annotations.NullMarked;
