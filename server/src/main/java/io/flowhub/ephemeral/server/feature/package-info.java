/** What a feature is: its settings, keys, services and end, as values from which the server derives its lists. */
@NullMarked
package io.flowhub.ephemeral.server.feature;

import org.jspecify.annotations.NullMarked;
