/** Whether Ephemeral is ready, among the health of the application. */
@NullMarked
package io.flowhub.ephemeral.spring.health;

import org.jspecify.annotations.NullMarked;
