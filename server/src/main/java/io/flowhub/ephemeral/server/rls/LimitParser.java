package io.flowhub.ephemeral.server.rls;

import io.flowhub.ephemeral.server.config.YamlNode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Reads the {@code rate_limit} of a descriptor. */
record LimitParser(Unit longestUnit, ElementBound bound) {

    static final String SHAPE = "a map, such as {unit: minute, requests_per_unit: 10}";
    static final Set<String> KEYS =
            Set.of("unit", "unit_multiplier", "requests_per_unit", "unlimited", "name", "replaces");

    private static final String NAME_SHAPE = "a map, such as {name: other_rule}";
    private static final String OTHER_NAME = "the name of another rule";
    private static final String REQUESTS = "0 to " + Limit.MAX_REQUESTS;

    /** Null if the rule is unlimited. */
    @Nullable
    Limit limit(Fields fields) {
        if (fields.flag("unlimited")) {
            for (String key : List.of("unit", "unit_multiplier")) {
                if (fields.find(key) != null) {
                    throw fields.problem(key, Fields.shortened(fields.text(key)), "none beside unlimited: true");
                }
            }
            return null;
        }
        Unit unit = unit(fields);
        int multiplier = multiplier(fields, unit);
        return new Limit(fields.number("requests_per_unit", 0, Limit.MAX_REQUESTS, REQUESTS), unit, multiplier);
    }

    private Unit unit(Fields fields) {
        String allowed = Arrays.stream(Unit.values())
                .filter(unit -> unit.compareTo(longestUnit) <= 0)
                .map(Unit::toString)
                .collect(Collectors.joining(", "));
        String text = fields.requiredText("unit", "one of " + allowed);
        for (Unit unit : Unit.values()) {
            if (unit.toString().equals(text.toLowerCase(Locale.ROOT))) {
                if (unit.compareTo(longestUnit) > 0) {
                    throw fields.problem("unit", text, "one of " + allowed + ", as rls.longest_unit is " + longestUnit);
                }
                return unit;
            }
        }
        throw fields.problem("unit", Fields.shortened(text), "one of " + allowed);
    }

    private int multiplier(Fields fields, Unit unit) {
        if (fields.find("unit_multiplier") == null) {
            return 1;
        }
        long max = longestUnit.seconds() / unit.seconds();
        return (int) fields.number(
                "unit_multiplier",
                1,
                max,
                max == 1
                        ? "1, as rls.longest_unit is " + longestUnit
                        : "1 to " + max + ", as rls.longest_unit is " + longestUnit);
    }

    /** The names of the rules that this one replaces. */
    List<String> replaces(Fields fields, String ownName) {
        List<String> names = new ArrayList<>();
        for (YamlNode element : fields.list("replaces", "a list of maps, such as [{name: other_rule}]")) {
            bound.take(fields.prefix() + "replaces", 1, element.line());
            String prefix = fields.prefix() + "replaces.";
            Fields replaced = Fields.of(prefix, fields.prefix() + "replaces", element, NAME_SHAPE);
            replaced.allow(Set.of("name"), Map.of());
            String name = replaced.requiredText("name", OTHER_NAME);
            if (name.equals(ownName)) {
                throw replaced.problem("name", Fields.shortened(name) + ", which is this rule", OTHER_NAME);
            }
            names.add(name);
        }
        return names;
    }
}
