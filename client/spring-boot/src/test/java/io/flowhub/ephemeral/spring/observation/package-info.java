@NullMarked
package io.flowhub.ephemeral.spring.observation;

import org.jspecify.annotations.NullMarked;
