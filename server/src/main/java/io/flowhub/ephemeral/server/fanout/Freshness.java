package io.flowhub.ephemeral.server.fanout;

/**
 * Whether what a {@link Hub} has is current. Streams receive STALE when it becomes {@link #DOWN}, and RESYNCED when it is
 * {@link #LIVE} again; each once, and neither for a short loss of the subscription.
 *
 * <p>On a Cluster a single lost master is no state of its own: nothing is STALE while another master responds. The topics on
 * the lost master keep their last state, are read until that succeeds, and each announcement that may be lost is a gap of
 * the subscription.
 */
public enum Freshness {

    /** Redis is unavailable, or is back but lacks what the clients have not repeated yet. */
    DOWN,

    /** Redis is available, but it is not proven yet that messages arrive here. */
    PROBING,

    /** Announcements arrive, and each topic is read once more. */
    RESYNCING,

    /** Each topic has been read or announced since the last loss. */
    LIVE
}
