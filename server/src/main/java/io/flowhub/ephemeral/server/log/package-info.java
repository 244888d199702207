/** The format, the levels and the rate of log lines. */
@NullMarked
package io.flowhub.ephemeral.server.log;

import org.jspecify.annotations.NullMarked;
