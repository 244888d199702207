/** The format and the rate of log lines. Named in logback.xml. */
@NullMarked
package io.flowhub.ephemeral.server.log;

import org.jspecify.annotations.NullMarked;
