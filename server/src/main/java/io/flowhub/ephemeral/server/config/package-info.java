/**
 * Reads settings from command-line options, environment variables, a YAML file and defaults, in this order of precedence.
 * Each owner declares its settings in a record of its own, see {@link io.flowhub.ephemeral.server.config.SettingsGroup}.
 */
@NullMarked
package io.flowhub.ephemeral.server.config;

import org.jspecify.annotations.NullMarked;
