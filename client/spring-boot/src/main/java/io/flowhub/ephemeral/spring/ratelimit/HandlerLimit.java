package io.flowhub.ephemeral.spring.ratelimit;

import org.springframework.expression.Expression;

/** A limit of a handler, with its key expression parsed. */
record HandlerLimit(String action, Expression key, OnUnavailable onUnavailable) {}
