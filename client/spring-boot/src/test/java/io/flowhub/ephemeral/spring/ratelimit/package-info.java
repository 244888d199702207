@NullMarked
package io.flowhub.ephemeral.spring.ratelimit;

import org.jspecify.annotations.NullMarked;
