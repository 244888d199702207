package io.flowhub.ephemeral.server.redis;

import org.jspecify.annotations.Nullable;

/** Why an operation has no result. Without a stack trace: under trouble there are many. */
public abstract sealed class RedisFailure extends RuntimeException {

    private static final long serialVersionUID = 1;

    private RedisFailure(String message, @Nullable Throwable cause) {
        super(message, cause, false, false);
    }

    /** Redis cannot be reached or did not answer in time. The operation may have taken effect. */
    public static final class Unavailable extends RedisFailure {
        private static final long serialVersionUID = 1;

        Unavailable(String message, @Nullable Throwable cause) {
            super(message, cause);
        }
    }

    /** As many operations wait as may. This one had no effect. */
    public static final class Overloaded extends RedisFailure {
        private static final long serialVersionUID = 1;

        Overloaded(Script script, int capacity) {
            this(capacity + " calls of " + script + " are waiting already");
        }

        /** For a feature with a limit of its own. */
        public Overloaded(String message) {
            super(message, null);
        }
    }

    /** The caller was gone before the operation left. It had no effect. */
    public static final class CallerGone extends RedisFailure {
        private static final long serialVersionUID = 1;

        CallerGone() {
            super("the caller was gone before the call left", null);
        }
    }

    /** Redis answered with an error. The operation had no effect. */
    public static final class Refused extends RedisFailure {
        private static final long serialVersionUID = 1;

        private final String code;

        Refused(String code, @Nullable Throwable cause) {
            super("Redis refused: " + code, cause);
            this.code = code;
        }

        /** The first word of the error, such as {@code WRONGTYPE} or {@code OOM}. */
        public String code() {
            return code;
        }
    }
}
