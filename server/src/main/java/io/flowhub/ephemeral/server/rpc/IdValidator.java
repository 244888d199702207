package io.flowhub.ephemeral.server.rpc;

import io.flowhub.ephemeral.server.config.IdRule;
import io.flowhub.ephemeral.server.error.InvalidFieldException;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/** Checks the ids of a request. */
public final class IdValidator {

    /**
     * Returns the id if it follows {@link IdRule}.
     *
     * @param field the field's name in the request, for the error
     * @throws InvalidFieldException otherwise
     */
    public static String check(String field, String id) {
        return check("", field, id);
    }

    /**
     * Returns the id of a nested message if it follows {@link IdRule}. The path of the field is built only for the error.
     *
     * @param path the path of the message in the request: empty, or ends with a dot
     * @param field the field's name in the message
     * @throws InvalidFieldException otherwise
     */
    public static String check(String path, String field, String id) {
        String problem = IdRule.violationOf(id);
        if (problem != null) {
            throw new InvalidFieldException(path + field, id, problem);
        }
        return id;
    }

    /**
     * Returns the distinct ids of a list, in order, if each follows {@link IdRule}.
     *
     * @param field the field's name in the request, for the error
     * @param max how many ids the list may have
     * @param what the plural of what the ids name, for the error
     * @throws InvalidFieldException otherwise
     */
    public static Set<String> checkList(String field, List<String> ids, int max, String what) {
        if (ids.size() > max) {
            throw new InvalidFieldException(field, ids.size() + " " + what, "up to " + max + " " + what + " a message");
        }
        for (int i = 0; i < ids.size(); i++) {
            checkElement(field, i, "", ids.get(i));
        }
        return new LinkedHashSet<>(ids);
    }

    /**
     * Returns the id of an element of a list if it follows {@link IdRule}. The path of the field is built only for the
     * error, because lists are long.
     *
     * @param list the list's name in the request
     * @param member the path of the id in the element, with a leading dot; empty if the element is the id
     * @throws InvalidFieldException otherwise
     */
    public static String checkElement(String list, int index, String member, String id) {
        String problem = IdRule.violationOf(id);
        if (problem != null) {
            throw new InvalidFieldException(list + "[" + index + "]" + member, id, problem);
        }
        return id;
    }

    private IdValidator() {}
}
