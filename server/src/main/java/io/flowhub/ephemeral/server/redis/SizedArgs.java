package io.flowhub.ephemeral.server.redis;

/** Arguments of an operation that are read only when it is sent, so that their size must be known otherwise. */
public interface SizedArgs {

    /** About how many characters the arguments have together. */
    int characters();
}
