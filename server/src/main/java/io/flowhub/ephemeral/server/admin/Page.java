package io.flowhub.ephemeral.server.admin;

/** A response. */
public record Page(int status, String contentType, String body) {

    static final int OK = 200;
    static final int FORBIDDEN = 403;
    static final int NOT_FOUND = 404;
    static final int METHOD_NOT_ALLOWED = 405;
    static final int INTERNAL_ERROR = 500;
    static final int UNAVAILABLE = 503;

    static Page text(int status, String line) {
        return new Page(status, "text/plain; charset=utf-8", line + "\n");
    }

    static Page json(String json) {
        return new Page(OK, "application/json", json + "\n");
    }
}
