/** The HTTP listener for operators: probes and metrics. */
@NullMarked
package io.flowhub.ephemeral.server.admin;

import org.jspecify.annotations.NullMarked;
