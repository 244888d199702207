/** What every gRPC service needs: checks of ids, the one mapping from failures to statuses, and how a call is answered. */
@NullMarked
package io.flowhub.ephemeral.server.rpc;

import org.jspecify.annotations.NullMarked;
