@NullMarked
package io.flowhub.ephemeral.spring.cache;

import org.jspecify.annotations.NullMarked;
