/** Settings: one tree of records, read from flags, environment, a YAML file and defaults, in this order. */
@NullMarked
package io.flowhub.ephemeral.server.config;

import org.jspecify.annotations.NullMarked;
