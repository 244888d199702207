@NullMarked
package io.flowhub.ephemeral.spring.health;

import org.jspecify.annotations.NullMarked;
