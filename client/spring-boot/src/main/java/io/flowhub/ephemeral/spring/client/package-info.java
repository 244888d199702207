/** The bean of the client, from the properties {@code ephemeral.client.*}. */
@NullMarked
package io.flowhub.ephemeral.spring.client;

import org.jspecify.annotations.NullMarked;
