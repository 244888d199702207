/** What the server logs: each event has a name and fields that stay the same from release to release. */
@NullMarked
package io.flowhub.ephemeral.server.event;

import org.jspecify.annotations.NullMarked;
