@NullMarked
package io.flowhub.ephemeral.client.internal.heartbeat;

import org.jspecify.annotations.NullMarked;
