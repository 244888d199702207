/**
 * How metrics are registered and counted: {@code Metrics} registers them, {@code EnumCounter} counts events of a fixed set.
 * The names are in docs/reference/metrics.md.
 */
@NullMarked
package io.flowhub.ephemeral.server.metrics;

import org.jspecify.annotations.NullMarked;
