package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.redis.Reply;

/**
 * A counter after a request.
 *
 * @param used hits in the window with those of the request, even if these were not counted
 * @param leftMillis until the window ends; 0 if that is not known
 * @param cached whether this server answered from its cache, and nothing was counted
 */
record Count(long used, long leftMillis, boolean cached) {

    static Count fromReply(Reply reply) {
        return new Count(reply.number(0), reply.number(1), false);
    }

    /** What stands for a counter that cannot be read, if requests are to pass then. */
    static final Count ALLOWED = new Count(0, 0, false);

    /** What stands for a counter that cannot be read, if requests are to be denied then. */
    static final Count DENIED = new Count(Long.MAX_VALUE, 0, false);
}
