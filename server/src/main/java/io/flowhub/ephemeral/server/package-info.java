/** The server: {@code Main} is the command line, {@code Server} the wiring. */
@NullMarked
package io.flowhub.ephemeral.server;

import org.jspecify.annotations.NullMarked;
