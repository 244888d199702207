/** What a user of the client gets, tried against real servers on the loopback interface. */
@NullMarked
package io.flowhub.ephemeral.client;

import org.jspecify.annotations.NullMarked;
