/**
 * The evaluation protocols of flagd, by which OpenFeature providers read feature flags. {@code EvaluationV1Service} and {@code
 * EvaluationV2Service} convert messages. {@code FlagEvaluator} checks the ids, reads the flag through {@code FlagStore} of
 * feature {@code flag}, and parses the value by its {@code FlagType}. {@code FlagChangeHub} passes the announcements of changes
 * to the {@code FlagChangeStream}s.
 */
@NullMarked
package io.flowhub.ephemeral.server.flagd;

import org.jspecify.annotations.NullMarked;
