@NullMarked
package io.flowhub.ephemeral.spring.client;

import org.jspecify.annotations.NullMarked;
