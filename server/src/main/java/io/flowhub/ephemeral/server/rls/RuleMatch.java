package io.flowhub.ephemeral.server.rls;

import java.util.List;

/**
 * The rule of a descriptor in a request.
 *
 * @param counterValues of each entry its value, or the pattern of a rule whose matching values share a threshold; requests
 *     with equal ones share a counter
 * @param metricKeys of each entry {@code key} or {@code key_value}, as the metrics have them
 */
record RuleMatch(Rule rule, List<String> counterValues, List<String> metricKeys) {}
