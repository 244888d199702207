/** Who is online: heartbeats, the search for those who went silent, and who is told. */
@NullMarked
package io.flowhub.ephemeral.server.presence;

import org.jspecify.annotations.NullMarked;
